// Contracts: the same packets as without, in both directions; what does not compile is in contract_errors.cpp.

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

using cosio::arg;
using cosio::event;
using cosio::task;

enum class mood { calm, loud };
BOOST_DESCRIBE_ENUM(mood, calm, loud)

struct message {
  std::string from;
  std::string text;
  std::optional<mood> how;
};
BOOST_DESCRIBE_STRUCT(message, (), (from, text, how))

struct account {
  std::string name;
  int level = 0;
};
BOOST_DESCRIBE_STRUCT(account, (), (name, level))

struct with_picture {
  cosio::binary picture;
};
BOOST_DESCRIBE_STRUCT(with_picture, (), (picture))

// clang-format off
struct talk {
  using client_to_server = cosio::events<
      event<"say", void(message)>,
      event<"history", std::vector<message>(arg<"count", int>)>,
      event<"two", std::tuple<int, std::string>(bool)>,
      event<"save", std::tuple<>()>,
      event<"login", void(std::string, std::optional<int>)>,
      event<"bye", void()>,
      event<"echo", cosio::arguments(cosio::arguments)>,
      event<"later", arg<"result", std::optional<double>>(int)>>;
  using server_to_client = cosio::events<
      event<"said", void(const message&)>,
      event<"count", void(std::uint8_t, double, std::optional<std::string>)>,
      event<"files", void(std::vector<cosio::binary>, std::map<std::string, int>)>,
      event<"anything", void(boost::json::value, cosio::arguments)>,
      event<"how many?", int(std::string)>,
      event<"pair", std::tuple<int, mood>()>,
      event<"ready?", std::tuple<>()>,
      event<"raw", cosio::arguments()>,
      event<"message", void(std::string)>>;
  using server_to_server = cosio::events<
      event<"news", void(message)>,
      event<"load?", double(std::string)>>;
  using socket_data = account;
};
struct only_out {
  using server_to_client = cosio::events<event<"tick", void(int)>>;
};
struct only_in {
  using client_to_server = cosio::events<event<"tick", void(int)>>;
};
// clang-format on

using user_socket = cosio::typed_socket<talk>;

// A server whose sockets the test gets typed, and the client of one of them.
struct room {
  room() {
    const cosio::typed_nsp<talk> everybody(s.io.sockets());
    everybody.on_connection([this](user_socket c) {
      c.on_error([this](cosio::socket_error wrong) -> task<> {
        errors.put(wrong.message());
        co_return;
      });
      joined.put(c);
    });
    port = s.start();
  }

  mailbox<user_socket> joined;
  mailbox<> errors;
  sio_server s;
  std::uint16_t port = 0;
};

// Starts to ask, lets the client answer, and gives what the server got.
template <class T>
T answered(room& r, sio_client& c, task<T> work, std::string_view question, std::string_view answer) {
  auto asked = start(r.s.io.executor(), std::move(work));
  const std::string packet = c.receive();
  const std::size_t list = packet.find('[');
  CHECK(packet.substr(list) == question);
  c.send("3" + packet.substr(1, list - 1) + std::string(answer));
  return wait(std::move(asked));
}

}  // namespace

// A contract adds no members.
static_assert(sizeof(user_socket) == sizeof(cosio::socket));
static_assert(sizeof(cosio::typed_nsp<talk>) == sizeof(cosio::nsp));
static_assert(sizeof(cosio::typed_operator<talk>) == sizeof(cosio::broadcast_operator));
static_assert(std::is_convertible_v<user_socket, cosio::socket>);
static_assert(std::is_default_constructible_v<user_socket> && !std::is_default_constructible_v<cosio::typed_nsp<talk>>);

TEST_CASE("declarations: names, types, places", "[socketio][contract]") {
  using events = talk::client_to_server;
  STATIC_REQUIRE(events::count == 8);
  STATIC_REQUIRE(events::find("history") == 1);
  STATIC_REQUIRE(events::find("histor") == 8);
  STATIC_REQUIRE(cosio::events<>::find("x") == 0);
  using history = std::tuple_element_t<1, events::list>;
  STATIC_REQUIRE(history::acknowledged);
  STATIC_REQUIRE(history::argument_names[0] == "count");
  STATIC_REQUIRE(std::is_same_v<history::answer, std::vector<message>>);
  using said = std::tuple_element_t<0, talk::server_to_client::list>;
  STATIC_REQUIRE_FALSE(said::acknowledged);
  STATIC_REQUIRE(std::is_same_v<said::arguments, std::tuple<message>>);
}

TEST_CASE("typed handlers hear what the contract says and answer it", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  mailbox<> heard;
  user.on<"say">([&](const message& m) { heard.put(m.from + ": " + m.text + (m.how == mood::loud ? "!" : "")); });
  user.on<"history">([](int count) -> task<std::vector<message>> {
    std::vector<message> all(static_cast<std::size_t>(count));
    all[0].how = mood::calm;
    co_return all;
  });
  user.on<"two">([](bool yes) { return std::make_tuple(yes ? 1L : 0L, "text"); });
  user.on<"save">([] { return std::tuple<>(); });
  user.on<"echo">([](cosio::arguments all) { return all; });
  user.on<"later">([](int x, cosio::typed_ack<std::optional<double>> answer) -> task<> { co_await answer(x); });
  user.on<"bye">([user]() -> task<> { co_await user.disconnect(); });

  c.send(R"(2["say",{"from":"ann","text":"hi","how":"loud"}])");
  CHECK(heard.take() == "ann: hi!");
  c.send(R"(21["history",2])");
  CHECK(c.receive() == R"(31[[{"from":"","text":"","how":"calm"},{"from":"","text":""}]])");
  c.send(R"(22["two",true])");
  CHECK(c.receive() == R"(32[1,"text"])");
  c.send(R"(23["save"])");
  CHECK(c.receive() == "33[]");
  c.send(R"(24["echo",1,"b",[null]])");
  CHECK(c.receive() == R"(34[1,"b",[null]])");
  c.send(R"(25["later",7])");
  CHECK(c.receive() == "35[7]");
  c.send(R"(2["say",{"from":"ann","text":"hi","how":"angry"}])");
  CHECK(r.errors.take() == R"(argument 0 (.how) of event "say" must be one of "calm", "loud", but is another string)");
  c.send(R"(2["bye"])");
  CHECK(c.receive() == "1");
}

TEST_CASE("typed listeners come first, or once, or go", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  mailbox<> heard;
  user.on<"bye">([&] { heard.put("second"); });
  const auto handle = user.prepend_listener<"bye">([&] { heard.put("first"); });
  user.once<"bye">([&] { heard.put("once"); });
  CHECK(user.listener_count("bye") == 3);
  c.send(R"(2["bye"])");
  CHECK(heard.take() == "first");
  CHECK(heard.take() == "second");
  CHECK(heard.take() == "once");
  handle.remove();
  c.send(R"(2["bye"])");
  CHECK(heard.take() == "second");
  CHECK(user.listener_count("bye") == 1);
}

TEST_CASE("a typed handler may go before the others once, and end with its client", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  mailbox<> heard;
  user.on<"bye">([&] { heard.put("second"); });
  user.prepend_once_listener<"bye">([&] { heard.put("first"); });
  c.send({R"(2["bye"])", R"(2["bye"])"});
  CHECK(heard.take() == "first");
  CHECK(heard.take() == "second");
  CHECK(heard.take() == "second");

  const auto alive = std::make_shared<int>();
  user.on<"later">(
      [user, &heard, alive](int) -> task<std::optional<double>> {
        heard.put("waits");
        co_await user.emit_with_ack<"ready?">();  // forever, but for the end
        co_return 1.0;
      },
      cosio::stops_with_client);
  c.send(R"(21["later",1])");
  CHECK(heard.take() == "waits");
  c.close();
  CHECK(eventually([&] { return alive.use_count() == 1; }));
  CHECK(heard.empty());
}

TEST_CASE("waiting for an event may take its time, or not", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  CHECK_THROWS_AS(r.s.run(user.once<"bye">(1ms)), cosio::error);
  CHECK_THROWS_AS(r.s.run(user.timeout(1ms).once<"login">()), cosio::error);
  auto login = start(r.s.io.executor(), user.once<"later">(10s));
  REQUIRE(eventually([&] { return user.listener_count("later") == 1; }));
  c.send(R"(2["later",9])");
  CHECK(wait(std::move(login)) == 9);
}

TEST_CASE("an event is awaited with its declared types", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  auto login = start(r.s.io.executor(), user.once<"login">());
  REQUIRE(eventually([&] { return user.listener_count("login") == 1; }));
  c.send(R"(2["login","ann"])");
  CHECK(wait(std::move(login)) == std::tuple<std::string, std::optional<int>>("ann", std::nullopt));
  auto bye = start(r.s.io.executor(), user.once<"bye">());
  auto one = start(r.s.io.executor(), user.once<"later">());
  auto all = start(r.s.io.executor(), user.once<"echo">());
  REQUIRE(eventually([&] {
    return user.listener_count("bye") == 1 && user.listener_count("later") == 1 && user.listener_count("echo") == 1;
  }));
  c.send({R"(2["bye"])", R"(2["later",5])", R"(2["echo",1,2])"});
  wait(std::move(bye));
  CHECK(wait(std::move(one)) == 5);
  CHECK(wait(std::move(all)).size() == 2);
}

TEST_CASE("what is emitted is encoded as the contract declares it", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  const message hello{"ann", "hi", mood::loud};
  r.s.run(user.emit<"said">(hello));
  CHECK(c.receive() == R"(2["said",{"from":"ann","text":"hi","how":"loud"}])");
  r.s.run(
      user.emit<"count">(3, 4, "text"));  // an int for a std::uint8_t, an int for a double, text for an optional string
  CHECK(c.receive() == R"(2["count",3,4,"text"])");
  r.s.run(user.emit<"count">(std::uint8_t{3}, 0.5F, std::nullopt));
  CHECK(c.receive() == R"(2["count",3,0.5,null])");
  r.s.run(user.emit<"count">(3L, 1.5, std::optional<std::string_view>("view")));
  CHECK(c.receive() == R"(2["count",3,1.5,"view"])");
  r.s.run(user.emit<"files">(std::vector<cosio::binary>{cosio::binary(std::string("abc"))},
                             std::map<std::string, int>{{"n", 1}}));
  CHECK(c.receive() == R"(51-["files",[{"_placeholder":true,"num":0}],{"n":1}])");
  CHECK(c.receive_bytes() == "abc");
  r.s.run(user.emit<"anything">("x", cosio::arguments({1, 2})));
  CHECK(c.receive() == R"(2["anything","x",1,2])");
  r.s.run(user.send("plain"));
  CHECK(c.receive() == R"(2["message","plain"])");
  r.s.run(user.untyped().emit("not in the contract", 1));
  CHECK(c.receive() == R"(2["not in the contract",1])");
}

TEST_CASE("every way to receivers keeps the contract", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  const std::string id = c.join();
  const user_socket user = r.joined.take();
  sio_client other(r.port);
  other.join();
  const user_socket second = r.joined.take();
  const cosio::typed_nsp<talk> everybody(r.s.io.of("/"));
  const std::string wanted = R"(2["message","x"])";

  r.s.run(user.join("a"));
  for (const auto& chain :
       {everybody.to("a"), everybody.in("a"), everybody.except(second.id()), second.to("a"), second.in("a"),
        second.except("b"), second.broadcast(), second.local(), second.compress(false).to("a"),
        everybody.local().to("a").volatile_().compress().binary(false)}) {
    const cosio::report sent = r.s.run(chain.emit<"message">("x"));
    CHECK(sent.queued == 1);
    CHECK(c.receive() == wanted);
  }
  r.s.run(user.volatile_().compress(false).binary(false).timeout(1s).emit<"message">("x"));
  CHECK(c.receive() == wanted);
  r.s.run(user.nsp().to(id).emit<"message">("x"));
  CHECK(c.receive() == wanted);
  CHECK(r.s.run(everybody.emit<"message">("x")).queued == 2);
  CHECK(c.receive() == wanted);
  CHECK(other.receive() == wanted);
  CHECK(r.s.run(everybody.connected()).at(id) == user);
  CHECK(r.s.run(everybody.sockets()).size() == 2);
}

TEST_CASE("clients are asked, and their answers converted", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  CHECK(answered(r, c, user.emit_with_ack<"how many?">("apples"), R"(["how many?","apples"])", "[3]") == 3);
  CHECK(answered(r, c, user.timeout(10s).emit_with_ack<"how many?">("pears"), R"(["how many?","pears"])", "[4,5]") ==
        4);
  CHECK(answered(r, c, user.emit_with_ack<"pair">(), R"(["pair"])", R"([3,"loud"])") ==
        std::tuple<int, mood>(3, mood::loud));
  CHECK(answered(r, c, user.emit_with_ack<"raw">(), R"(["raw"])", R"([3,"loud"])").size() == 2);
  auto ready = start(r.s.io.executor(), user.emit_with_ack<"ready?">());
  const std::string packet = c.receive();
  c.send("3" + packet.substr(1, packet.find('[') - 1) + "[1,2,3]");  // nobody wants them
  wait(std::move(ready));

  std::string said;
  try {
    answered(r, c, user.emit_with_ack<"how many?">("x"), R"(["how many?","x"])", R"(["many"])");
  } catch (const cosio::error& e) {
    said = e.detail();
  }
  CHECK(said == R"(argument 0 of the answer to "how many?" must be an integer, but is a string)");
}

TEST_CASE("the answers to a typed broadcast are converted, one that does not fit is left out", "[socketio][contract]") {
  room r;
  sio_client one(r.port);
  one.join();
  r.joined.take();
  sio_client two(r.port);
  two.join();
  r.joined.take();
  const cosio::typed_nsp<talk> everybody(r.s.io.of("/"));
  const auto ask = [&](std::string_view first, std::string_view second) {
    auto asked = start(r.s.io.executor(), everybody.timeout(10s).emit_with_ack<"pair">());
    for (auto* c : {&one, &two}) {
      const std::string packet = c->receive();
      c->send("3" + packet.substr(1, packet.find('[') - 1) + std::string(c == &one ? first : second));
    }
    return wait(std::move(asked));
  };
  const auto good = ask(R"([1,"calm"])", R"([1,"calm"])");
  CHECK(good.complete());
  CHECK(good.responses() == std::vector<std::tuple<int, mood>>(2, std::tuple<int, mood>(1, mood::calm)));
  const auto bad = ask(R"([1,"calm"])", R"([1,"furious"])");
  CHECK_FALSE(bad.complete());
  CHECK(bad.responses().size() == 1);
  CHECK(bad.untyped().responses().size() == 2);
}

TEST_CASE("socket_data is kept as JSON and given back typed, here and to fetch_sockets", "[socketio][contract]") {
  room r;
  sio_client c(r.port);
  c.join();
  const user_socket user = r.joined.take();
  CHECK(user.data().name.empty());
  user.data({"ann", 3});
  CHECK(user.data().level == 3);
  CHECK(user.untyped().data() == boost::json::value{{"name", "ann"}, {"level", 3}});
  const auto found = r.s.run(cosio::typed_nsp<talk>(r.s.io.of("/")).fetch_sockets());
  REQUIRE(found.size() == 1);
  CHECK(found[0].data().name == "ann");
  r.s.run(found[0].emit<"message">("x"));
  r.s.run(found[0].timeout(1s).emit<"message">("x"));
  CHECK(c.receive() == R"(2["message","x"])");
  CHECK(c.receive() == R"(2["message","x"])");
  CHECK(r.s.run(user.nsp().to(user.id()).fetch_sockets()).size() == 1);
  user.untyped().data("something else");
  CHECK_THROWS_AS(user.data(), cosio::error);
}

TEST_CASE("a contract may have one direction only, and data of any kind", "[socketio][contract]") {
  sio_server s;
  mailbox<cosio::socket> joined;
  s.io.on_connection([&](cosio::socket c) { joined.put(c); });
  sio_client c(s.start());
  c.join();
  const cosio::socket untyped = joined.take();
  const cosio::typed_socket<only_out> out(untyped);
  const cosio::typed_socket<only_in> in(untyped);
  CHECK(static_cast<const cosio::socket&>(out) == in);
  mailbox<int> ticks;
  in.on<"tick">([&](int n) { ticks.put(n); });
  in.data(5);
  CHECK(out.data() == 5);
  c.send(R"(2["tick",3])");
  CHECK(ticks.take() == 3);
  s.run(out.emit<"tick">(4));
  CHECK(c.receive() == R"(2["tick",4])");
}

TEST_CASE("handlers of connections are plain functions too, and see lifecycle events only", "[socketio][contract]") {
  sio_server s;
  mailbox<> joined;
  const cosio::typed_nsp<talk> everybody(s.io.of("/room"));
  everybody.on("connection", [&](user_socket c) -> task<> {
    joined.put(c.nsp().name());
    co_return;
  });
  CHECK_THROWS_AS(everybody.on("message", [](user_socket) {}), cosio::error);
  sio_client c(s.start());
  c.join("/room");
  CHECK(joined.take() == "/room");
}

TEST_CASE("events between servers are typed too", "[socketio][contract]") {
  sio_server s;
  const cosio::typed_nsp<talk> everybody(s.io.of("/"));
  mailbox<> heard;
  const auto handle = everybody.on_server_side<"news">([&](const message& m) { heard.put(m.text); });
  everybody.on_server_side<"load?">([](std::string) -> task<double> { co_return 0.5; });
  s.start();
  const message news{"ann", "hi", {}};
  s.run(everybody.server_side_emit<"news">(news));  // one never hears oneself
  const auto answers = s.run(everybody.server_side_emit_with_ack<"load?">("now"));
  CHECK(answers.complete());
  CHECK(answers.responses().empty());
  handle.remove();
  CHECK(heard.empty());
}
