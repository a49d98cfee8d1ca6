// Joining a namespace: CONNECT, middleware, refusals.

#include "socketio/connect.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapter/local_adapter.hpp"
#include "socketio/sio_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::next;
using cosio::task;

namespace {

// The answer to a client that asks for a namespace.
std::string reply(sio_client& c, const std::string& connect) {
  c.send(connect);
  return c.receive();
}

task<> let_in(cosio::socket&, next go) { co_await go(); }

// An adapter that counts the sockets that are announced to it.
class counting_adapter final : public cosio::adapters::local_adapter {
 public:
  counting_adapter(cosio::adapter_host& host, std::atomic<int>& announced)
      : local_adapter(host), announced_(announced) {}
  task<cosio::admission> connect(std::shared_ptr<cosio::local_socket> who,
                                 std::shared_ptr<const cosio::session_record> resumed) override {
    ++announced_;
    return local_adapter::connect(std::move(who), std::move(resumed));
  }

 private:
  std::atomic<int>& announced_;
};

}  // namespace

TEST_CASE("a refusal reaches a client whose next packet is broken, by a WebSocket and by a held GET",
          "[socketio][connect]") {
  cosio::options opts;
  opts.max_namespaces_per_client = 2;
  for (const way& how : {every_way[0], every_way[4]}) {
    CAPTURE(how.name);
    sio_world house(opts);
    visitor v = house.join(how);
    v.hear();
    REQUIRE(v.hear().empty());  // by polling, a GET is held
    if (how.is_websocket()) {
      v.line().send(text_frame("40/nowhere,") + text_frame("40/one too many,") + text_frame("9"));
    } else {
      v.post(
          "40/nowhere,\x1e"
          "40/one too many,\x1e"
          "9");
    }
    const std::string heard = v.hear();
    CHECK(heard.find(R"(44/nowhere,{"message":"Invalid namespace)") != std::string::npos);
    CHECK(heard.find("44/one too many,{") != std::string::npos);
    CHECK(v.let_go());
    CHECK(house.left == std::vector<std::string>{"parse error"});
  }
}

TEST_CASE("CONNECT is answered with an id that is not the session's", "[socketio][connect]") {  // edge 185
  mailbox<> joined;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) { joined.put(c.id()); });
  const auto port = s.start();
  for (const auto& settings : {sio_settings(), polling()}) {
    sio_client c(port, settings);
    const std::string id = c.join();
    CHECK(id.size() == 20);
    CHECK(id != c.sid());
    CHECK(joined.take() == id);
  }
}

TEST_CASE("namespaces are found by their exact names", "[socketio][connect]") {
  sio_server s;
  s.io.of("/custom");
  sio_client c(s.start());
  CHECK(reply(c, "0/custom").starts_with(R"(0/custom,{"sid":")"));               // edge 186
  CHECK(reply(c, "0/random") == R"(4/random,{"message":"Invalid namespace"})");  // edge 187
  CHECK(reply(c, "0/Custom,") == R"(4/Custom,{"message":"Invalid namespace"})");
  CHECK(reply(c, "0/custom?a=b,") == R"(4/custom?a=b,{"message":"Invalid namespace"})");  // edge 188
  CHECK(reply(c, "0/_0,") == R"(4/_0,{"message":"Invalid namespace"})");
  CHECK(reply(c, "0").starts_with(R"(0{"sid":")"));  // the connection is still open
}

TEST_CASE("an id in CONNECT is ignored", "[socketio][connect]") {
  mailbox<> auth;
  sio_server s;
  s.io.of("/custom").on_connection(
      [&](cosio::socket c) { auth.put(boost::json::serialize(c.handshake().auth().value())); });
  const auto port = s.start();
  {
    sio_client c(port);
    CHECK(reply(c, R"(0/custom,5{"t":1})").starts_with("0/custom,{"));
    CHECK(auth.take() == R"({"t":1})");
  }
  sio_client c(port);
  CHECK(reply(c, "0/custom,1").starts_with("0/custom,{"));
  CHECK(auth.take() == "{}");
}

TEST_CASE("a second CONNECT by a polling client that has fetched the reply breaks the rules",
          "[socketio][connect]") {  // edge 189
  sio_server s;
  sio_client c(s.start(), polling());
  c.join();
  c.send("0");
  CHECK(c.ends());
}

TEST_CASE("a second CONNECT on a WebSocket may have crossed the reply: it is ignored, until the client shows it knows",
          "[socketio][connect]") {  // edge 189
  mailbox<> left;
  sio_server s;
  s.io.of("/custom").on_connection([&](cosio::socket c) {
    c.on_disconnect([&left](cosio::reason why) { left.put(std::string(why.text())); });
    c.on("echo", [](int n) { return n; });
  });
  sio_client c(s.start());
  c.join();
  c.join("/custom");
  c.send("0/custom,");
  CHECK(reply(c, R"(2/custom,1["echo",7])") == "3/custom,1[7]");
  CHECK(left.empty());
  CHECK(s.run(s.io.of("/custom").connected()).size() == 1);
  c.send("0/custom,");
  CHECK(c.ends());
  CHECK(left.take() == "forced close");
}

TEST_CASE("an EVENT or a DISCONNECT while the CONNECT is in a middleware breaks the rules", "[socketio][connect]") {
  cosio::test::pause here;
  mailbox<> joined;
  sio_server s;
  s.io.use([&](cosio::socket&, next go) -> task<> {
    co_await here.wait();
    co_await go();
  });
  s.io.on_connection([&](cosio::socket c) { joined.put(c.id()); });
  sio_client c(s.start());
  c.send("0");
  const auto waiting = here.arrival();
  SECTION("EVENT") { c.send(R"(2["x"])"); }  // edge 190
  SECTION("DISCONNECT") { c.send("1"); }
  CHECK(c.ends());
  waiting->end();
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  CHECK(joined.empty());
}

TEST_CASE("a namespace that was left or refused may be joined again, under a new id",
          "[socketio][connect]") {  // edge 195
  int refused = 0;
  sio_server s;
  s.io.of("/picky").use([&](cosio::socket&, next go) -> task<> {
    if (++refused == 1) throw cosio::refusal("not yet");
    co_await go();
  });
  sio_client c(s.start());
  const std::string first = c.join();
  c.send("1");
  CHECK(c.join() != first);
  CHECK(reply(c, "0/picky,") == R"(4/picky,{"message":"not yet"})");
  CHECK(reply(c, "0/picky,").starts_with("0/picky,{"));
}

TEST_CASE("several namespaces share a connection, each with its own socket", "[socketio][connect]") {
  mailbox<> left;
  sio_server s;
  for (const char* name : {"/", "/custom"}) {
    s.io.of(name).on_connection([&](cosio::socket c) {
      c.on("where", [c] { return c.nsp().name(); });
      c.on_disconnect([&left, c](cosio::reason why) -> task<> {
        left.put(c.nsp().name() + " " + std::string(why.text()));
        co_return;
      });
    });
  }
  sio_client c(s.start());
  const std::string main = c.join();
  CHECK(c.join("/custom") != main);
  c.send({R"(2/custom,1["where"])", R"(21["where"])"});
  CHECK(c.receive() == R"(3/custom,1["/custom"])");
  CHECK(c.receive() == R"(31["/"])");
  c.send("1/custom,");
  CHECK(left.take() == "/custom client namespace disconnect");
  c.send(R"(22["where"])");  // edge 194
  CHECK(c.receive() == R"(32["/"])");
  c.send(R"(2/custom,3["where"])");  // edge 193
  CHECK(c.ends());
  CHECK(left.take() == "/ forced close");
}

TEST_CASE("a client may join so many namespaces and no more", "[socketio][connect]") {
  cosio::options opts = test_options();
  opts.max_namespaces_per_client = 2;
  sio_server s(opts);
  for (const char* name : {"/a", "/b", "/c"}) s.io.of(name);
  sio_client c(s.start());
  c.join("/a");
  c.join("/b");
  CHECK(reply(c, "0/c,") == R"(4/c,{"message":"too many namespaces"})");
  c.send("1/a,");
  c.join("/c");
}

// ---------------------------------------------------------------- middleware

TEST_CASE("what a middleware throws is what the client gets", "[socketio][connect]") {
  mailbox<std::function<void()>> next_failure;
  sio_server s;
  s.io.of("/no").use([&](cosio::socket&, next) -> task<> {
    next_failure.take()();
    co_return;
  });
  sio_client c(s.start());
  const auto refused_by = [&](std::function<void()> fail) {
    next_failure.put(std::move(fail));
    return reply(c, "0/no,");
  };
  CHECK(refused_by([] { throw cosio::refusal("m"); }) == R"(4/no,{"message":"m"})");
  CHECK(refused_by([] { throw cosio::refusal("m", {{"a", {1, nullptr}}}); }) ==
        R"(4/no,{"message":"m","data":{"a":[1,null]}})");
  CHECK(refused_by([] { throw cosio::refusal("m", 0); }) == R"(4/no,{"message":"m","data":0})");
  CHECK(refused_by([] { throw cosio::refusal("m", nullptr); }) == R"(4/no,{"message":"m","data":null})");
  CHECK(refused_by([] { throw cosio::refusal(""); }) == R"(4/no,{"message":""})");
  CHECK(refused_by([] { throw cosio::refusal("\"quoted\"\n\xff"); }) ==
        "4/no,{\"message\":\"\\\"quoted\\\"\\n\xef\xbf\xbd\"}");
  CHECK(refused_by([] {}) == R"(4/no,{"message":"not allowed"})");
}

TEST_CASE("a namespace that does not exist leaves a line with the code that makes it", "[socketio][connect]") {
  const captured_log log;
  sio_server s;
  sio_client c(s.start());
  CHECK(reply(c, "0/admin,") == R"(4/admin,{"message":"Invalid namespace"})");
  CHECK(log.count(
            cosio::log_level::warn,
            "… (127.0.0.1): there is no namespace \"/admin\"; make it with of(\"/admin\"), or allow it with a pattern "
            "or a predicate") == 1);
  CHECK(log.count(cosio::log_level::warn, "client " + c.sid().substr(0, 6) + "…") == 1);
  CHECK(log.count(cosio::log_level::warn, c.sid()) == 0);
}

TEST_CASE("a namespace whose name is misspelt leaves a line with the one that was meant", "[socketio][connect]") {
  const captured_log log;
  sio_server s;
  s.io.of("/admin");
  s.io.of("/orders");
  s.io.of(cosio::pattern("/user-{digits}"));
  sio_client c(s.start());
  CHECK(reply(c, "0/user-42,").starts_with("0/user-42,"));
  CHECK(reply(c, "0/admn,") == R"(4/admn,{"message":"Invalid namespace"})");
  CHECK(log.count(cosio::log_level::warn, "there is no namespace \"/admn\"; did you mean \"/admin\"?") == 1);
  CHECK(reply(c, "0/nothing-like-it,") == R"(4/nothing-like-it,{"message":"Invalid namespace"})");
  CHECK(log.count(cosio::log_level::warn, "\"/nothing-like-it\"; make it with of(") == 1);
  reply(c, "0/uesr-42,");
  CHECK(log.count(cosio::log_level::warn, "\"/uesr-42\"; make it with of(") == 1);  // no name of another client's
}

TEST_CASE("the name of a namespace cannot leave its quotes in the line, nor begin another line",
          "[socketio][connect]") {
  const captured_log log;
  sio_server s;
  sio_client c(s.start());
  reply(c, "0/x\"); exit(\"\\\n\xE2\x80\xAE,");
  CHECK(log.count(cosio::log_level::warn, R"x(no namespace "/x\"); exit(\"\\\x0a\xe2\x80\xae"; )x"
                                          R"x(make it with of("/x\"); exit(\"\\\x0a\xe2\x80\xae"), )x"
                                          "or allow") == 1);
}

TEST_CASE("what a middleware throws by accident is for the log and on_error, and not for the client",
          "[socketio][connect]") {
  for (const bool explain : {false, true}) {
    const captured_log log;
    mailbox<> errors;
    cosio::options opts = test_options();
    opts.explain_refusals = explain;
    sio_server s(opts);
    s.io.of("/no").use([&](cosio::socket& who, next) -> task<> {
      const auto how = who.handshake().auth()["how"].as<std::string>();
      if (how == "what") throw std::runtime_error("10.0.0.7 is down");
      if (how == "number") throw 7;
      if (how == "memory") throw std::bad_alloc();
      static_cast<void>(who.handshake().auth().value().at("token"));  // boost::system::system_error: out of range
      co_return;
    });
    s.io.of("/no").on_error([&](cosio::socket who, const cosio::socket_error& wrong) {
      errors.put(wrong.event() + ": " + wrong.message() + (who.connected() ? ", in" : ", not in"));
    });
    const auto port = s.start();
    for (const char* how : {"what", "number", "memory", "token"}) {
      CAPTURE(how);
      sio_client c(port);
      const std::string text = reply(c, std::string(R"(0/no,{"how":")") + how + "\"}");
      const bool told = explain && how[0] != 'n' && how[0] != 'm';  // a number has no text, and memory is our trouble
      if (told) {
        CHECK(text.starts_with(R"(4/no,{"message":"internal error: )"));
      } else {
        CHECK(text == R"(4/no,{"message":"internal error"})");
      }
      const std::string error = errors.take();
      CHECK(error.starts_with("connection: "));
      CHECK(error.ends_with(", not in"));
    }
    CHECK(log.count(cosio::log_level::warn, "in a middleware of the namespace: 10.0.0.7 is down") == 1);
    CHECK(log.count(cosio::log_level::warn, "in a middleware of the namespace: ") == 4);
    CHECK(log.count(cosio::log_level::warn, "in its handler") == 0);
    CHECK(s.io.metrics().handler_errors == 4);
  }
}

TEST_CASE("a refusal is no error: neither the log nor on_error is told", "[socketio][connect]") {
  const captured_log log;
  mailbox<> errors;
  sio_server s;
  s.io.use([](cosio::socket&, next) -> task<> { throw cosio::refusal("no"); });
  s.io.sockets().on_error([&](cosio::socket, const cosio::socket_error& wrong) { errors.put(wrong.message()); });
  sio_client c(s.start());
  CHECK(reply(c, "0") == R"(4{"message":"no"})");
  CHECK(errors.empty());
  CHECK(log.count(cosio::log_level::warn) + log.count(cosio::log_level::error) == 0);
  CHECK(s.io.metrics().handler_errors == 0);
}

TEST_CASE("middleware runs in order, until one refuses", "[socketio][connect]") {  // edge 198
  mailbox<> steps;
  sio_server s;
  s.io.use([&](cosio::socket&, next go) -> task<> {
    steps.put("first");
    co_await go();
    steps.put("not reached");
  });
  s.io.use([&](cosio::socket&, next) -> task<> {
    steps.put("second");
    throw cosio::refusal("no", {{"code", 401}});
    co_return;
  });
  s.io.use([&](cosio::socket&, next go) -> task<> {
    steps.put("third");
    co_await go();
  });
  s.io.on_connection([&](cosio::socket) { steps.put("connection"); });
  sio_client c(s.start());
  CHECK(reply(c, "0") == R"(4{"message":"no","data":{"code":401}})");
  CHECK(steps.take() == "first");
  CHECK(steps.take() == "second");
  CHECK(steps.empty());
}

TEST_CASE("a connection is told of when a slow middleware has let it in", "[socketio][connect]") {  // edge 199
  mailbox<> steps;
  cosio::test::pause here;
  sio_server s;
  s.io.use([&](cosio::socket&, next go) -> task<> {
    co_await here.wait();
    steps.put("middleware");
    co_await go();
    steps.put("after");
  });
  s.io.on_connection([&](cosio::socket) { steps.put("connection"); });
  sio_client c(s.start());
  c.send("0");
  const auto waiting = here.arrival();
  CHECK(steps.empty());
  waiting->end();
  CHECK(c.receive().starts_with("0{"));
  CHECK(steps.take() == "middleware");
  // The handler starts when the socket is in; what follows next() goes on at the same time.
  std::vector<std::string> rest = {steps.take(), steps.take()};
  std::sort(rest.begin(), rest.end());
  CHECK(rest == std::vector<std::string>{"after", "connection"});
}

TEST_CASE("a client that leaves during a middleware is never told of", "[socketio][connect]") {  // edge 200
  mailbox<> steps;
  mailbox<cosio::socket> passing;
  cosio::test::pause here;
  std::atomic<int> announced{0};
  cosio::options opts = test_options();
  opts.adapter = [&](cosio::adapter_host& host) { return std::make_shared<counting_adapter>(host, announced); };
  sio_server s(opts);
  s.io.use([&](cosio::socket& c, next go) -> task<> {
    co_await c.join("room");
    passing.put(c);
    co_await here.wait();
    co_await go();
    steps.put("after");
  });
  s.io.on_connection([&](cosio::socket) { steps.put("connection"); });
  const auto port = s.start();
  {
    sio_client c(port);
    c.send("0");
    passing.take();
    c.drop();
  }
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  here.go();
  CHECK(steps.take() == "after");
  CHECK(steps.empty());
  CHECK(announced == 0);
  CHECK(eventually([&] { return s.run(s.io.in("room").clients()).empty(); }));
}

TEST_CASE("the middleware of / does not run for other namespaces", "[socketio][connect]") {  // edge 201
  sio_server s;
  s.io.use([](cosio::socket&, next) -> task<> { throw cosio::refusal("not into /"); });
  s.io.of("/chat").use(let_in);
  sio_client c(s.start());
  CHECK(reply(c, "0/chat,").starts_with("0/chat,{"));
}

TEST_CASE("during the middleware a socket is not in yet", "[socketio][connect]") {  // edge 202
  mailbox<bool> facts;
  sio_server s;
  s.io.use([&](cosio::socket& c, next go) -> task<> {
    facts.put(c.connected());
    const auto before = co_await c.nsp().connected();
    facts.put(before.contains(c.id()));
    co_await c.join("room");
    const auto report = co_await c.nsp().to("room").emit("to nobody");
    facts.put(report.queued == 0);
    co_await go();
    facts.put(c.connected());
    const auto after = co_await c.nsp().connected();
    facts.put(after.contains(c.id()));
  });
  sio_client c(s.start());
  c.join();
  CHECK_FALSE(facts.take());
  CHECK_FALSE(facts.take());
  CHECK(facts.take());
  CHECK(facts.take());
  CHECK(facts.take());
}

TEST_CASE("who is refused leaves its rooms and joins none", "[socketio][connect]") {  // edge 203
  mailbox<cosio::socket> refused;
  sio_server s;
  s.io.use([&](cosio::socket& c, next) -> task<> {
    co_await c.join("room", "other");
    refused.put(c);
    throw cosio::refusal("no");
  });
  sio_client c(s.start());
  CHECK(reply(c, "0") == R"(4{"message":"no"})");
  const cosio::socket who = refused.take();
  CHECK_FALSE(who.connected());
  CHECK(who.rooms().empty());
  s.run(who.join("late"));
  CHECK(who.rooms().empty());
  const cosio::reason why = s.run(who.disconnected());
  CHECK(why.what() == cosio::reason::kind::server_namespace_disconnect);
}

TEST_CASE("what a middleware emits goes out before the CONNECT", "[socketio][connect]") {  // edge 204
  sio_server s;
  s.io.use([](cosio::socket& c, next go) -> task<> {
    co_await c.emit("hello", 1);
    co_await go();
  });
  sio_client c(s.start());
  c.send("0");
  CHECK(c.receive() == R"(2["hello",1])");
  CHECK(c.receive().starts_with("0{"));
}

TEST_CASE("a rejected client gets what it was sent before the refusal, nothing afterwards", "[socketio][connect]") {
  mailbox<cosio::socket> refused;
  sio_server s;
  s.io.of("/no").use([&](cosio::socket& c, next) -> task<> {
    co_await c.emit("before");
    refused.put(c);
    throw cosio::refusal("no");
  });
  sio_client c(s.start());
  c.send("0/no,");
  CHECK(c.receive() == R"(2/no,["before"])");
  CHECK(c.receive() == R"(4/no,{"message":"no"})");
  const auto report = s.run(refused.take().emit("after"));
  CHECK(report.refused == 1);
}

TEST_CASE("what is thrown behind next() reaches on_error, and the socket stays", "[socketio][connect]") {
  const captured_log log;
  mailbox<> errors;
  sio_server s;
  s.io.use([](cosio::socket&, next go) -> task<> {
    co_await go();
    throw std::runtime_error("late");
  });
  s.io.sockets().on_error([&](cosio::socket who, const cosio::socket_error& wrong) {
    errors.put(wrong.event() + ": " + wrong.message() + (who.connected() ? ", still in" : ""));
  });
  s.io.on_connection([](cosio::socket c) { c.on("echo", [](int n) { return n; }); });
  sio_client c(s.start());
  c.join();
  CHECK(errors.take() == "connection: late, still in");
  CHECK(log.count(cosio::log_level::warn, "in a middleware of the namespace: late") == 1);
  c.send(R"(20["echo",1])");
  CHECK(c.receive() == "30[1]");
}

TEST_CASE("a middleware may be a function that throws at once", "[socketio][connect]") {
  sio_server s;
  s.io.use([](cosio::socket&, next) -> task<> { throw cosio::refusal("no coroutine"); });
  sio_client c(s.start());
  CHECK(reply(c, "0") == R"(4{"message":"no coroutine"})");
}

// ---------------------------------------------------------------- connection handlers

TEST_CASE("connection handlers start in order, one that throws keeps neither the others nor the client out",
          "[socketio][connect]") {
  const captured_log log;
  mailbox<> steps;
  sio_server s;
  s.io.on_connection([&](cosio::socket) -> task<> {
    steps.put("first");
    throw std::runtime_error("first failed");
    co_return;
  });
  s.io.on("connect", [&](cosio::socket) -> task<> { throw std::runtime_error("no coroutine"); });
  s.io.on("connection", [&](cosio::socket) {
    steps.put("third");
    throw std::runtime_error("third failed");
  });
  s.io.on_connection([&](cosio::socket c) { c.on("echo", [](int n) { return n; }); });
  s.io.sockets().on_error(
      [&](cosio::socket, const cosio::socket_error& wrong) { steps.put(wrong.event() + ": " + wrong.message()); });
  sio_client c(s.start());
  c.join();
  for (const char* step :
       {"first", "connection: first failed", "connection: no coroutine", "third", "connection: third failed"})
    CHECK(steps.take() == step);
  CHECK(log.count(cosio::log_level::warn, ", event \"connection\", in its handler: first failed") == 1);
  c.send(R"(20["echo",1])");
  CHECK(c.receive() == "30[1]");
}

TEST_CASE("what a connection handler registers before it waits misses no event", "[socketio][connect]") {
  cosio::test::pause here;
  mailbox<int> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) -> task<> {
    c.on("n", [&](int n) { got.put(n); });
    co_await here.wait();
  });
  sio_client c(s.start());
  c.send("0");
  c.receive();
  c.send({R"(2["n",1])", R"(2["n",2])"});
  CHECK(got.take() == 1);
  CHECK(got.take() == 2);
  here.go();
}

TEST_CASE("a namespace knows the events connect and connection", "[socketio][connect]") {
  sio_server s;
  CHECK_THROWS_AS(s.io.on("connected", [](cosio::socket) {}), cosio::error);
}

// ---------------------------------------------------------------- the time to join

TEST_CASE("a session that joins no namespace in time is closed", "[socketio][connect]") {  // edge 196
  cosio::options opts = test_options();
  opts.connect_timeout = 50ms;
  sio_server s(opts);
  s.io.of("/no").use([](cosio::socket&, next) -> task<> { throw cosio::refusal("no"); });
  const auto port = s.start();
  SECTION("silent, on WebSocket") {
    sio_client c(port);
    CHECK(c.ends());
  }
  SECTION("silent, on polling") {
    sio_client c(port, polling());
    CHECK(c.ends());
  }
  SECTION("refused") {
    sio_client c(port);
    CHECK(reply(c, "0/no,") == R"(4/no,{"message":"no"})");
    CHECK(c.ends());
  }
  SECTION("still in a middleware") {
    cosio::test::pause here;
    s.io.of("/slow").use([&](cosio::socket&, next go) -> task<> {
      co_await here.wait();
      co_await go();
    });
    sio_client c(port);
    c.send("0/slow,");
    const auto waiting = here.arrival();
    CHECK(c.ends());
    waiting->end();
  }
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
}

TEST_CASE("a client that was in once may stay without a namespace", "[socketio][connect]") {  // edge 197
  cosio::options opts = test_options();
  opts.connect_timeout = 50ms;
  opts.ping_interval = 100ms;
  sio_server s(opts);
  sio_client c(s.start());
  c.join();
  c.send("1");
  c.send("0/nope,");  // an answer, behind several pings
  c.receive();
  const std::size_t before = c.pings();
  while (c.pings() < before + 2) {
    c.send("0/nope,");
    CHECK(c.receive() == R"(4/nope,{"message":"Invalid namespace"})");
  }
  c.join();
}

TEST_CASE("a namespace whose name is too long for any is answered as one that there is not", "[socketio][connect]") {
  const captured_log log;
  sio_server s;
  s.io.of([](std::string, cosio::handshake) { return true; });
  sio_client c(s.start());
  const std::string longest = "/" + std::string(511, 'x');
  CHECK(reply(c, "0" + longest + ",").starts_with("0" + longest + ","));
  const std::string too_long = longest + "x";
  CHECK(reply(c, "0" + too_long + ",") == "4" + too_long + R"(,{"message":"Invalid namespace"})");
  CHECK(reply(c, "0").starts_with("0"));  // it goes on
  CHECK(log.count(cosio::log_level::warn, "no namespace has a name of more than 512 bytes") == 1);
  CHECK(log.count(cosio::log_level::warn, longest) == 0);
  c.send("2" + too_long + R"(,["event"])");
  CHECK(c.ends());
}
