// The listeners of a socket: handlers of every form, handles, catch-alls in both directions, middleware, and awaiting
// an event.

#include <cosio/cosio.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "socketio/client_core.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// A server whose next client is handed to the test.
struct one_client {
  explicit one_client(cosio::options opts = test_options(), sio_settings settings = {}) : s(std::move(opts)) {
    s.io.on_connection([this](cosio::socket who) { arrived.put(std::move(who)); });
    port = s.start();
    c = std::make_unique<sio_client>(port, settings);
    if (settings.eio == 4) {
      c->join();
    } else {
      c->receive();
    }
    user = arrived.take();
  }

  mailbox<cosio::socket> arrived;
  mailbox<> said;
  sio_server s;
  std::uint16_t port = 0;
  std::unique_ptr<sio_client> c;
  cosio::socket user;
};

int twice(int n) { return 2 * n; }
int thrice(int n) noexcept { return 3 * n; }

class counter {
 public:
  int add(int n) { return sum_ += n; }
  std::string show(std::string before) const { return before + std::to_string(sum_); }
  cosio::task<int> add_later(int n) {
    sum_ += n;
    co_return sum_;
  }
  std::size_t count(cosio::arguments all) { return all.size(); }

 private:
  int sum_ = 0;
};

struct profile {
  std::string name;
  int age = 0;
};
BOOST_DESCRIBE_STRUCT(profile, (), (name, age))

}  // namespace

// ---------------------------------------------------------------- handlers of every shape

TEST_CASE("functions, members and callables of every kind are handlers, what they return acknowledges",
          "[socketio][socket]") {
  one_client w;
  const auto sum = std::make_shared<counter>();
  counter plain;
  int offset = 100;
  w.user.on("function", twice);
  w.user.on("pointer", &thrice);
  w.user.on("capture", [offset](int n) { return n + offset; });
  w.user.on("mutable", [n = 0]() mutable { return ++n; });
  w.user.on("std", std::function<int(int)>([](int n) { return n - 1; }));
  w.user.on("method", cosio::method(&counter::add, sum));
  w.user.on("const method", cosio::method(&counter::show, &plain));
  w.user.on("task method", cosio::method(&counter::add_later, sum));
  w.user.on("bound", std::bind(&counter::count, sum, std::placeholders::_1));
  w.user.on("all", [](const cosio::arguments& all) { return all.size(); });
  w.user.on("const reference", [](const std::string& text) -> cosio::task<std::string> { co_return text + "!"; });
  w.user.on("tuple", [](int n) { return std::make_tuple(n, "of them"); });
  w.user.on("task tuple", []() -> cosio::task<std::tuple<int, bool>> { co_return std::make_tuple(1, true); });
  w.user.on("ack", [](int n, cosio::ack answer) -> cosio::task<> { co_await answer(n, n); });
  w.user.on("rest", [](int, cosio::arguments rest, cosio::ack answer) -> cosio::task<> { co_await answer(rest); });
  struct row {
    std::string_view sent;
    std::string_view answer;
  };
  const row rows[] = {{R"(21["function",4])", "31[8]"},
                      {R"(22["pointer",4])", "32[12]"},
                      {R"(23["capture",4])", "33[104]"},
                      {R"(24["mutable"])", "34[1]"},
                      {R"(25["mutable"])", "35[2]"},
                      {R"(26["std",4])", "36[3]"},
                      {R"(27["method",5])", "37[5]"},
                      {R"(28["task method",6])", "38[11]"},
                      {R"(29["const method","sum: "])", R"(39["sum: 0"])"},
                      {R"(210["bound",1,2,3])", "310[3]"},
                      {R"(211["all",1,2])", "311[2]"},
                      {R"(212["const reference","hi"])", R"(312["hi!"])"},
                      {R"(213["tuple",3])", R"(313[3,"of them"])"},
                      {R"(214["task tuple"])", "314[1,true]"},
                      {R"(215["ack",7])", "315[7,7]"},
                      {R"(216["rest",1,"a",{"b":2}])", R"(316["a",{"b":2}])"}};
  for (const row& r : rows) {
    CAPTURE(r.sent);
    w.c->send(std::string(r.sent));
    CHECK(w.c->receive() == r.answer);
  }
}

// edge 226
TEST_CASE("the first answer counts, and what the handler returns later is none", "[socketio][socket]") {
  one_client w;
  w.user.on("twice", [](cosio::ack answer) -> cosio::task<int> {
    co_await answer("first");
    co_await answer("second");
    co_return 3;
  });
  w.user.on("end", [] { return "end"; });
  w.c->send({R"(21["twice"])", R"(22["end"])"});
  CHECK(w.c->receive() == R"(31["first"])");
  CHECK(w.c->receive() == R"(32["end"])");
}

// ---------------------------------------------------------------- registering and removing

TEST_CASE("listeners are listed, counted and removed by handle, by name and all at once", "[socketio][socket]") {
  one_client w;
  const auto& user = w.user;
  const auto first = user.on("a", [&] { w.said.put("first"); });
  const auto second = user.on("a", [&] { w.said.put("second"); });
  const auto zeroth = user.prepend_listener("a", [&] { w.said.put("zeroth"); });
  user.once("b", [&] { w.said.put("b"); });
  user.prepend_once_listener("b", [&] { w.said.put("before b"); });
  user.on("end", [&] { w.said.put("end"); });
  CHECK(user.listener_count("a") == 3);
  CHECK(user.listeners("a") == std::vector<cosio::listener_handle>{zeroth, first, second});
  CHECK(user.listeners("nothing").empty());
  CHECK(user.event_names() == std::vector<std::string>{"b", "a", "end"});
  CHECK_FALSE(first == second);
  CHECK(first);
  CHECK_FALSE(cosio::listener_handle());

  w.c->send({R"(2["a"])", R"(2["b"])", R"(2["b"])", R"(2["end"])"});
  for (const char* step : {"zeroth", "first", "second", "before b", "b", "end"}) CHECK(w.said.take() == step);

  user.remove_listener(first);
  user.remove_listener(first);
  user.off(zeroth);
  w.c->send({R"(2["a"])", R"(2["end"])"});
  for (const char* step : {"second", "end"}) CHECK(w.said.take() == step);
  user.off("a");
  CHECK(user.listener_count("a") == 0);
  user.on("a", [&] { w.said.put("again"); });
  user.off();
  user.on("end", [&] { w.said.put("end"); });
  w.c->send({R"(2["a"])", R"(2["end"])"});
  CHECK(w.said.take() == "end");
}

TEST_CASE("lifecycle events are no events of clients: their names mean the lifecycle, or are refused",
          "[socketio][socket]") {
  one_client w;
  w.user.on("disconnecting", [&](cosio::reason why) { w.said.put("disconnecting " + std::string(why.text())); });
  w.user.on("disconnect", [&](cosio::reason why) -> cosio::task<> {
    w.said.put("disconnect " + std::string(why.text()));
    co_return;
  });
  CHECK(w.user.event_names() == std::vector<std::string>{"disconnecting", "disconnect"});
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(w.user.on(name, [] {}), cosio::error);
    CHECK_THROWS_AS(w.user.once(name, [] {}), cosio::error);
  }
  CHECK_THROWS_AS(w.user.on("other", [](cosio::reason) {}), cosio::error);
  // A client's "error" is an event like any other, and none of the library's.
  w.user.on("error", [&](std::string what) { w.said.put("event error " + what); });
  w.user.on_error([&](cosio::socket_error what) { w.said.put("lifecycle error " + what.message()); });
  w.user.on("throw", [] { throw std::runtime_error("thrown"); });
  w.c->send({R"(2["error","mine"])", R"(2["throw"])"});
  CHECK(w.said.take() == "event error mine");
  CHECK(w.said.take() == "lifecycle error thrown");
  w.c->send("1");
  CHECK(w.said.take() == "disconnecting client namespace disconnect");
  CHECK(w.said.take() == "disconnect client namespace disconnect");
}

TEST_CASE("handlers of the end are listened for, counted and removed as those of any event", "[socketio][socket]") {
  one_client w;
  const auto say = [&w](std::string what) {
    return [&w, what = std::move(what)](cosio::reason why) { w.said.put(what + " " + std::string(why.text())); };
  };
  for (const char* name : {"disconnecting", "disconnect"}) {
    CAPTURE(name);
    const std::string event = name;
    const auto on = w.user.on(event, say(event + " on"));
    const auto once = w.user.once(event, say(event + " once"));
    const auto before = w.user.prepend_listener(event, say(event + " before"));
    const auto first = w.user.prepend_once_listener(event, say(event + " first"));
    const auto gone = w.user.on(event, say(event + " gone"));
    CHECK(w.user.listener_count(event) == 5);
    w.user.off(gone);
    CHECK(w.user.listener_count(event) == 4);
    CHECK(w.user.listeners(event) == std::vector<cosio::listener_handle>{first, before, on, once});
    CHECK(w.user.raw_listeners(event) == w.user.listeners(event));
  }
  CHECK(w.user.event_names() == std::vector<std::string>{"disconnecting", "disconnect"});
  w.c->send("1");
  for (const std::string event : {"disconnecting", "disconnect"})
    for (const std::string which : {" first", " before", " on", " once"})
      CHECK(w.said.take() == event + which + " client namespace disconnect");
}

TEST_CASE("off without a handle removes handlers of the end, too", "[socketio][socket]") {
  one_client w;
  mailbox<cosio::reason> left;
  const auto listen = [&] {
    w.user.on_disconnect([&](cosio::reason) { w.said.put("disconnect"); });
    w.user.on_disconnecting([&](cosio::reason) { w.said.put("disconnecting"); });
  };
  listen();
  w.user.off("disconnect");
  CHECK(w.user.event_names() == std::vector<std::string>{"disconnecting"});
  w.user.off("disconnecting");
  CHECK(w.user.event_names().empty());
  listen();
  w.user.off();
  CHECK(w.user.event_names().empty());
  w.user.on_disconnect([&](cosio::reason why) { left.put(why); });
  w.c->send("1");
  left.take();
  CHECK(w.said.empty());
}

TEST_CASE("one socket may have a limit of listeners of its own", "[socketio][socket]") {
  one_client w;
  CHECK(w.user.get_max_listeners() == 1'000);
  w.user.set_max_listeners(1);
  CHECK(w.user.get_max_listeners() == 1);
  w.user.on("a", [] {});
  CHECK_THROWS_AS(w.user.on("b", [] {}), cosio::error);
  w.user.on_disconnect([](cosio::reason) {});  // it does not count
  w.user.set_max_listeners(0);
  for (int i = 0; i < 1'001; ++i) w.user.on("b", [] {});
  CHECK(w.user.listener_count("b") == 1'001);
}

TEST_CASE("disconnect handlers start in the order of registration, and may wait", "[socketio][socket]") {
  one_client w;
  cosio::test::pause here;
  w.user.on_disconnect([&](cosio::reason) -> cosio::task<> {
    w.said.put("first");
    co_await here.wait();
    w.said.put("first goes on");
  });
  w.user.on_disconnect([&](cosio::reason) { w.said.put("second"); });
  w.c->send("1");
  CHECK(w.said.take() == "first");
  CHECK(w.said.take() == "second");
  here.go();
  CHECK(w.said.take() == "first goes on");
}

// ---------------------------------------------------------------- catch-alls

// edge 247
TEST_CASE("catch-alls hear every event first, in their order, until they are taken off", "[socketio][socket]") {
  one_client w;
  const auto hear = [&](std::string who) {
    return [&w, who](std::string event, cosio::arguments args) {
      w.said.put(who + " " + event + " " + std::to_string(args.size()));
    };
  };
  const auto a = w.user.on_any(hear("a"));
  const auto b = w.user.on_any(hear("b"));
  const auto c = w.user.prepend_any([&](std::string event, cosio::arguments) -> cosio::task<> {
    w.said.put("c " + event);
    co_return;
  });
  CHECK(w.user.listeners_any() == std::vector<cosio::listener_handle>{c, a, b});
  w.user.on("e", [&] { w.said.put("named"); });
  w.c->send(R"(2["e",1,2])");
  for (const char* step : {"c e", "a e 2", "b e 2", "named"}) CHECK(w.said.take() == step);
  w.user.off_any(a);
  w.c->send({"30[]", R"(2["e"])"});  // acknowledgements are no events
  for (const char* step : {"c e", "b e 0", "named"}) CHECK(w.said.take() == step);
  w.user.off_any();
  CHECK(w.user.listeners_any().empty());
  w.c->send(R"(2["e"])");
  CHECK(w.said.take() == "named");
}

TEST_CASE("a catch-all may answer", "[socketio][socket]") {
  one_client w;
  w.user.on_any(
      [](std::string event, cosio::arguments, cosio::ack answer) -> cosio::task<> { co_await answer("got " + event); });
  w.c->send(R"(27["anything"])");
  CHECK(w.c->receive() == R"(37["got anything"])");
}

// edge 248
TEST_CASE("catch-alls of what goes out hear emits and broadcasts once each, binary as it was", "[socketio][socket]") {
  one_client w;
  const auto first = w.user.on_any_outgoing([&](std::string event, cosio::arguments args) {
    std::string text = "first " + event;
    for (std::size_t i = 0; i < args.size(); ++i)
      text += args.attachments().empty() ? " " + std::to_string(args.get<int>(i))
                                         : " " + std::string(args.get<cosio::binary>(i).view());
    w.said.put(text);
  });
  const auto zeroth = w.user.prepend_any_outgoing([&](std::string event, cosio::arguments) -> cosio::task<> {
    w.said.put("zeroth " + event);
    co_return;
  });
  CHECK(w.user.listeners_any_outgoing() == std::vector<cosio::listener_handle>{zeroth, first});
  w.s.run(w.user.emit("emitted", 1, 2));
  w.s.run(w.s.io.emit("broadcast", 3));
  w.s.run(w.s.io.emit("bytes", cosio::binary(std::string("\x01\x02"))));
  for (const char* step : {"zeroth emitted", "first emitted 1 2", "zeroth broadcast", "first broadcast 3",
                           "zeroth bytes", "first bytes \x01\x02"})
    CHECK(w.said.take() == step);

  w.user.on("ask me", [] { return 1; });
  w.c->send(R"(25["ask me"])");  // an acknowledgement is no event
  auto asking = start(w.s.io.executor(), w.user.timeout(10s).emit_with_ack<int>("question", 4));
  for (const char* packet :
       {R"(2["emitted",1,2])", R"(2["broadcast",3])", R"(51-["bytes",{"_placeholder":true,"num":0}])"})
    CHECK(w.c->receive() == packet);
  CHECK(w.c->receive_bytes() == "\x01\x02");
  std::vector<std::string> rest = {w.c->receive(), w.c->receive()};
  std::sort(rest.begin(), rest.end());
  CHECK(rest == std::vector<std::string>{R"(20["question",4])", "35[1]"});
  w.c->send("30[9]");
  CHECK(wait(std::move(asking)) == 9);
  CHECK(w.said.take() == "zeroth question");
  CHECK(w.said.take() == "first question 4");

  w.user.off_any_outgoing(zeroth);
  w.s.run(w.user.emit("one", 1));
  CHECK(w.said.take() == "first one 1");
  w.user.off_any_outgoing();
  CHECK(w.user.listeners_any_outgoing().empty());
  w.s.run(w.user.emit("none", 1));
  CHECK(w.said.empty());
}

TEST_CASE("what is volatile is told of, whether it is dropped or not, what others get is not", "[socketio][socket]") {
  sio_settings polling;
  polling.over = sio_settings::transport::polling;
  one_client w(test_options(), polling);
  w.user.on_any_outgoing([&](std::string event, cosio::arguments) { w.said.put(event); });
  sio_client other(w.port);
  other.join();
  const cosio::socket second = w.arrived.take();
  const cosio::report sent = w.s.run(w.user.volatile_().emit("dropped"));  // no GET is held
  CHECK(sent.dropped == 1);
  CHECK(w.said.take() == "dropped");
  w.s.run(second.emit("to another"));
  w.s.run(w.user.broadcast().emit("to all others"));
  w.s.run(second.broadcast().emit("reaches it"));
  CHECK(w.said.take() == "reaches it");
}

// ---------------------------------------------------------------- middleware

// edge 249
TEST_CASE("a packet middleware may change what listeners get", "[socketio][socket]") {
  one_client w;
  w.user.use([](cosio::packet& p, cosio::next go) -> cosio::task<> {
    if (p.event() == "old name") p.event("name");
    p.args().values().emplace_back("added");
    co_await go();
  });
  w.user.on("name", [&](int n, std::string added) { w.said.put(std::to_string(n) + " " + added); });
  w.c->send(R"(2["old name",7])");
  CHECK(w.said.take() == "7 added");
}

namespace {

void reject_no(const cosio::socket& user, boost::json::value data) {
  user.use([data](cosio::packet& p, cosio::next go) -> cosio::task<> {
    if (p.event() == "no") throw cosio::refusal("rejected", data);
    if (p.event() == "plain") throw std::runtime_error("refused in words");
    co_await go();
    if (p.event() == "late") throw std::runtime_error("behind next()");
  });
}

}  // namespace

// edge 250
TEST_CASE("a refused event reaches no listener: the error is told, the client stays and is answered",
          "[socketio][socket]") {
  one_client w;
  reject_no(w.user, boost::json::object{{"code", 1}});
  w.user.on("no", [&] { w.said.put("never"); });
  w.user.on("yes", [] { return "yes"; });
  w.user.on("late", [] { return "let in"; });
  w.user.on_error([&](cosio::socket_error e) {
    w.said.put(e.event() + ": " + e.message() + " " + boost::json::serialize(e.data()));
  });
  w.c->send({R"(2["no"])", R"(21["no",1])", R"(22["plain"])", R"(23["late"])", R"(24["yes"])"});
  CHECK(w.said.take() == R"(no: rejected {"code":1})");
  CHECK(w.said.take() == R"(no: rejected {"code":1})");
  CHECK(w.said.take() == "plain: refused in words null");
  CHECK(w.said.take() == "late: behind next() null");
  CHECK(w.c->receive() == R"(31[{"message":"rejected","data":{"code":1}}])");
  CHECK(w.c->receive() == R"(32[{"message":"internal error"}])");
  CHECK(w.c->receive() == R"(33["let in"])");
  CHECK(w.c->receive() == R"(34["yes"])");
}

TEST_CASE("the log names packet middleware that refuses an event", "[socketio][socket]") {
  const captured_log log;
  one_client w;
  reject_no(w.user, boost::json::object{{"code", 1}});
  w.c->send(R"(21["no",1])");
  CHECK(w.c->receive() == R"(31[{"message":"rejected","data":{"code":1}}])");
  const std::string refused = ", event \"no\", in packet middleware, which refused: rejected";
  CHECK(eventually([&] { return log.count(cosio::log_level::debug, refused) == 1; }));
  w.c->send(R"(2["no",1])");
  CHECK(eventually([&] {
    return log.count(cosio::log_level::info,
                     refused + "; the client asked for no acknowledgement, so it is not told") == 1;
  }));
  CHECK(w.s.io.metrics().handler_errors == 0);
  CHECK(log.count(cosio::log_level::warn) == 0);
  w.c->send(R"(22["plain"])");
  CHECK(w.c->receive() == R"(32[{"message":"internal error"}])");
  CHECK(eventually([&] { return log.count(cosio::log_level::warn, ", in packet middleware: refused in words") == 1; }));
  CHECK(w.s.io.metrics().handler_errors == 1);
}

TEST_CASE("a coroutine whose result nobody wants runs all the same", "[socketio][socket]") {
  one_client w;
  w.user.on_any([user = w.user](std::string, cosio::arguments) { return user.emit("seen"); });
  w.c->send(R"(2["anything"])");
  CHECK(w.c->receive() == R"(2["seen"])");
}

TEST_CASE("with answer_refused_events off, a refused event is never answered", "[socketio][socket]") {
  cosio::options opts = test_options();
  opts.answer_refused_events = false;
  one_client w(opts);
  reject_no(w.user, 1);
  w.user.on("yes", [] { return "yes"; });
  w.c->send({R"(21["no",1])", R"(24["yes"])"});
  CHECK(w.c->receive() == R"(34["yes"])");
}

TEST_CASE("the log says that with answer_refused_events off no client is told of a refusal", "[socketio][socket]") {
  cosio::options opts = test_options();
  opts.answer_refused_events = false;
  const captured_log log;
  one_client w(opts);
  reject_no(w.user, 1);
  w.c->send(R"(21["no",1])");
  CHECK(eventually([&] {
    return log.count(cosio::log_level::info, "; only with options.answer_refused_events is the client told") == 1;
  }));
}

TEST_CASE("a client of protocol 4 gets an ERROR packet for an event that is refused: the data, or the message",
          "[socketio][socket]") {
  sio_settings old;
  old.eio = 3;
  one_client w(test_options(), old);
  reject_no(w.user, boost::json::object{{"code", 1}});
  w.c->send(R"(2["no"])");
  CHECK(w.c->receive() == R"(4{"code":1})");
  w.c->send(R"(27["plain"])");
  CHECK(w.c->receive() == R"(4"internal error")");
  CHECK(w.c->receive() == R"(37[{"message":"internal error"}])");
}

TEST_CASE("with explain_refusals the client hears what a packet middleware threw", "[socketio][socket]") {
  cosio::options opts = test_options();
  opts.explain_refusals = true;
  one_client w(opts);
  reject_no(w.user, 1);
  w.c->send(R"(27["plain"])");
  CHECK(w.c->receive() == R"(37[{"message":"internal error: refused in words"}])");
}

TEST_CASE("an event that was refused stays refused, although its middleware calls next() later", "[socketio][socket]") {
  one_client w;
  std::shared_ptr<cosio::next> kept;
  w.user.use([&](cosio::packet& p, cosio::next go) -> cosio::task<> {
    kept = std::make_shared<cosio::next>(go);
    if (p.event() == "thrown") throw cosio::refusal("no");
    if (p.event() == "waits") co_await go();
  });
  for (const char* event : {"kept", "thrown", "waits"}) w.user.on(event, [&w, event] { w.said.put(event); });
  w.c->send(R"(21["kept"])");
  CHECK(w.c->receive() == R"(31[{"message":"not allowed"}])");
  w.s.run((*kept)());
  w.c->send(R"(22["thrown"])");
  CHECK(w.c->receive() == R"(32[{"message":"no"}])");
  w.s.run((*kept)());
  w.c->send(R"(23["waits"])");
  CHECK(w.said.take() == "waits");
  w.s.run((*kept)());
  CHECK(w.said.empty());
}

// ---------------------------------------------------------------- awaiting an event

TEST_CASE("once() gives the next event of a name, as the types that are asked for", "[socketio][socket]") {
  one_client w;
  auto login = start(w.s.io.executor(), w.user.once<std::string>("login"));
  auto both = start(w.s.io.executor(), w.user.once<int, profile>("both", 10s));
  auto all = start(w.s.io.executor(), w.user.timeout(10s).once("all"));
  CHECK(eventually([&] { return w.user.event_names().size() == 3; }));
  w.c->send({R"(2["login","ada"])", R"(2["both",1,{"name":"ada","age":36}])", R"(2["all",1,2,3])"});
  CHECK(wait(std::move(login)) == "ada");
  const auto [n, who] = wait(std::move(both));
  CHECK(n == 1);
  CHECK(who.age == 36);
  CHECK(wait(std::move(all)).size() == 3);
  CHECK(w.user.event_names().empty());
}

TEST_CASE("once() ends when the time is over, when the arguments do not fit, and when the client leaves",
          "[socketio][socket]") {
  one_client w;
  const auto code_of = [](auto waiting) {
    try {
      wait(std::move(waiting));
    } catch (const cosio::error& e) {
      return e.code();
    }
    return boost::system::error_code();
  };
  CHECK(code_of(start(w.s.io.executor(), w.user.once<int>("never", 1ms))) == cosio::errc::timed_out);
  CHECK(code_of(start(w.s.io.executor(), w.user.timeout(0ms).once("never"))) == cosio::errc::timed_out);
  CHECK(w.user.event_names().empty());
  auto wrong = start(w.s.io.executor(), w.user.once<int>("n"));
  CHECK(eventually([&] { return w.user.listener_count("n") == 1; }));
  w.c->send(R"(2["n","x"])");
  CHECK(code_of(std::move(wrong)) == cosio::errc::conversion);
  auto gone = start(w.s.io.executor(), w.user.once<int>("n"));
  CHECK(eventually([&] { return w.user.listener_count("n") == 1; }));
  w.c->send("1");
  CHECK(code_of(std::move(gone)) == cosio::errc::disconnected);
  CHECK(code_of(start(w.s.io.executor(), w.user.once<int>("n"))) == cosio::errc::disconnected);
}

// ---------------------------------------------------------------- data

TEST_CASE("a socket keeps data of any shape, read as JSON or as a type", "[socketio][socket]") {
  one_client w;
  CHECK(w.user.data() == boost::json::object());
  w.user.data(profile{"ada", 36});
  CHECK(w.user.data() == boost::json::value({{"name", "ada"}, {"age", 36}}));
  CHECK(w.user.data<profile>().age == 36);
  w.user.data(boost::json::object{{"name", 1}});
  try {
    w.user.data<profile>();
    FAIL("a number became a name");
  } catch (const cosio::error& e) {
    CHECK(e.code() == cosio::errc::conversion);
    CHECK(e.detail() == "the data of the socket (.name) must be a string, but is a number");
  }
  w.user.data(std::map<std::string, int>{{"points", 3}});
  CHECK(w.user.data<std::map<std::string, int>>().at("points") == 3);
  w.user.data("text");
  CHECK(w.user.data<std::string>() == "text");
  CHECK_THROWS_AS(w.user.data(cosio::binary(std::string("x"))), cosio::error);
}
