// Handlers of a server and its namespaces in both forms: plain functions and coroutines.

#include <cosio/cosio.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "socketio/sio_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/halt.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::task;

namespace {

// A call that is over has no arguments any more: a reference to one of them refers to nothing afterwards.
task<> wait_a_turn() {
  const auto here = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(here, boost::asio::use_awaitable);
}

const std::string over_websocket = "/socket.io/?EIO=4&transport=websocket";

task<> join_rooms(cosio::socket who, int most) {
  for (int i = 0; i < most; ++i) co_await who.join("room " + std::to_string(i));
}

// As many coroutines of hooks wait as may: nothing more of the client is read until they have ended.
void check_that_reading_waits(halt& here, std::size_t coroutines, sio_world& house, memory_websocket& c) {
  CHECK(here.size() == coroutines);
  c.send_text(R"(42["say","still here"])");
  CHECK(house.heard.empty());
  here.let_go(house.w);
  CHECK(house.has_heard("still here"));
}

}  // namespace

TEST_CASE("a coroutine is told of the failures in a namespace, on the client's strand, and owns what it is told",
          "[socketio][hooks]") {
  mailbox<bool> on_strand;
  sio_server s;
  s.io.on_error([&](cosio::socket who, const cosio::socket_error& wrong) -> task<> {
    co_await wait_a_turn();
    on_strand.put(who.conn().internals()->get_strand().running_in_this_thread());
    co_await who.emit("sorry", wrong.event(), wrong.message());
  });
  s.io.on_connection([](cosio::socket who) {
    who.on("bad", [](int) {});
    who.on("worse", [] { throw std::runtime_error("no such table"); });
  });
  sio_client c(s.start());
  c.join();
  c.send(R"(2["worse"])");
  CHECK(c.receive() == R"(2["sorry","worse","no such table"])");
  CHECK(on_strand.take());
  c.send(R"(2["bad","text"])");
  CHECK(c.receive().starts_with(R"(2["sorry","bad","argument 0)"));
}

TEST_CASE("a plain function and a coroutine are both told, and what either throws is logged", "[socketio][hooks]") {
  const captured_log log;
  mailbox<> said;
  sio_server s;
  s.io.on_error([&](cosio::socket, const cosio::socket_error&) { throw std::runtime_error("the plain one failed"); });
  s.io.on_error([&](cosio::socket, const cosio::socket_error&) -> task<> {
    throw std::runtime_error("the coroutine failed");
    co_return;
  });
  s.io.on_error([&](cosio::socket, const cosio::socket_error& wrong) { said.put(wrong.message()); });
  s.io.on_connection([](cosio::socket who) { who.on("bad", [] { throw std::runtime_error("bad"); }); });
  sio_client c(s.start());
  c.join();
  c.send(R"(2["bad"])");
  CHECK(said.take() == "bad");
  CHECK(eventually([&] { return log.count(cosio::log_level::error, "the plain one failed") == 1; }));
  CHECK(eventually([&] { return log.count(cosio::log_level::error, "the coroutine failed") == 1; }));
}

TEST_CASE("a parent hands a coroutine for failures to its namespaces", "[socketio][hooks]") {
  sio_server s;
  s.io.of(cosio::pattern("/room-{digits}"), [](cosio::parent_nsp made) {
    made.on_error(
        [](cosio::socket who, cosio::socket_error wrong) -> task<> { co_await who.emit("sorry", wrong.message()); });
    made.on_connection([](cosio::socket who) { who.on("bad", [] { throw std::runtime_error("bad"); }); });
  });
  sio_client c(s.start());
  c.join("/room-1");
  c.send(R"(2/room-1,["bad"])");
  CHECK(c.receive() == R"(2/room-1,["sorry","bad"])");
}

TEST_CASE("a coroutine is told of changes of rooms, and owns what it is told", "[socketio][hooks]") {
  mailbox<> said;
  sio_server s;
  s.io.sockets().on_room_event([&](const cosio::room_event& what) -> task<> {
    co_await wait_a_turn();
    if (what.room == "lobby" && what.what == cosio::room_event::kind::joined) said.put(what.id);
  });
  s.io.on_connection([](cosio::socket who) -> task<> { co_await who.join("lobby"); });
  sio_client c(s.start());
  const std::string id = c.join();
  CHECK(said.take() == id);
}

TEST_CASE("a coroutine that takes its argument by reference may wait: the argument is kept", "[socketio][hooks]") {
  sio_server s;
  s.io.on_connection([](const cosio::socket& who) -> task<> {
    co_await wait_a_turn();
    co_await who.emit("hello");
  });
  sio_client c(s.start());
  c.join();
  CHECK(c.receive() == R"(2["hello"])");
}

// ---------------------------------------------------------------- coroutines are bounded

TEST_CASE("nothing more is read while as many coroutines of a client's hooks run as handlers may",
          "[socketio][hooks]") {
  halt here;
  cosio::options opts;
  opts.max_handlers_in_flight = 2;
  sio_world house(opts);
  house.io.of("/a");
  memory_websocket c(house.connect(), over_websocket);
  SECTION("on_error of the server") {
    house.io.on_error([&here](cosio::socket, const cosio::socket_error&) { return here.wait(); });
    c.send_text("40");
    for (int i = 0; i < 3; ++i) c.send_text(R"(42["say",1])");
  }
  SECTION("on_error of the socket") {
    c.send_text("40");
    house.sockets.at(0).on_error([&here](cosio::socket_error) { return here.wait(); });
    for (int i = 0; i < 3; ++i) c.send_text(R"(42["say",1])");
  }
  SECTION("on_disconnect") {
    house.io.of("/a").on_connection(
        [&here](cosio::socket who) { who.on_disconnect([&here](cosio::reason) { return here.wait(); }); });
    c.send_text("40");
    for (int i = 0; i < 2; ++i) {
      c.send_text("40/a,");
      c.send_text("41/a,");
    }
  }
  SECTION("on_any_outgoing") {
    c.send_text("40");
    house.sockets.at(0).on_any_outgoing([&here](std::string, cosio::arguments) { return here.wait(); });
    for (int i = 0; i < 2; ++i) house.w.run(house.sockets[0].emit("news"));
    house.w.settle();
  }
  check_that_reading_waits(here, 2, house, c);
}

TEST_CASE("a client that is not read because of coroutines of hooks stays as long as it takes what is sent",
          "[socketio][hooks]") {
  halt here;
  cosio::options opts;
  opts.max_handlers_in_flight = 1;
  sio_world house(opts);
  house.io.on_error([&here](cosio::socket, const cosio::socket_error&) { return here.wait(); });
  memory_websocket c(house.connect(), over_websocket);
  c.send_text("40");
  c.send_text(R"(42["say",1])");
  CHECK(here.size() == 1);
  house.w.advance(std::chrono::seconds(25));
  for (int round = 0; round < 5; ++round) house.w.advance(std::chrono::seconds(20));
  CHECK(house.clients() == 1);
  CHECK(house.left.empty());
  here.let_go(house.w);
}

TEST_CASE("a client that all coroutines of its hooks wait for ends in time, for its answers are not read",
          "[socketio][hooks]") {
  int ended = 0;
  cosio::options opts;
  opts.max_handlers_in_flight = 2;
  sio_world house(opts);
  house.io.on_error([&ended](cosio::socket who, cosio::socket_error) -> task<> {
    try {
      co_await who.emit_with_ack("what did you mean");
    } catch (const cosio::error& e) {
      ended += e.code() == cosio::errc::disconnected ? 1 : 0;
    }
  });
  memory_websocket c(house.connect(), over_websocket);
  c.send_text("40");
  for (int i = 0; i < 2; ++i) c.send_text(R"(42["say",1])");
  c.send_text("430[]");
  c.send_text("431[]");
  CHECK(ended == 0);
  CHECK(house.clients() == 1);
  for (int round = 0; round < 5 && house.clients() == 1; ++round) house.w.advance(std::chrono::seconds(25));
  CHECK(house.clients() == 0);
  CHECK(house.left == std::vector<std::string>{"ping timeout"});
  CHECK(ended == 2);
}

TEST_CASE("what coroutines of on_error and on_any_outgoing hold is bounded", "[socketio][hooks]") {
  const captured_log log;
  halt here;
  cosio::options opts;
  opts.max_held_bytes = 50'000;
  sio_world house(opts);
  const std::string much(60'000, 'x');
  memory_websocket c(house.connect(), over_websocket);
  c.send_text("40");
  const cosio::socket who = house.sockets.at(0);
  SECTION("the name of an event that failed") {
    who.on_error([&here](cosio::socket_error) { return here.wait(); });
    who.on_any([](std::string, cosio::arguments) { throw std::runtime_error("not me"); });
    c.send_text("42[\"" + much + "\"]");
    who.off_any();
  }
  SECTION("an event that goes out") {
    who.on_any_outgoing([&here](std::string, cosio::arguments) { return here.wait(); });
    house.w.run(who.emit("news", much));
    house.w.settle();
  }
  check_that_reading_waits(here, 1, house, c);
}

TEST_CASE("of coroutines for changes of rooms 10,000 run at once, and the log is told of one that is not started",
          "[socketio][hooks]") {
  const captured_log log;
  halt here;
  cosio::options opts;
  opts.max_rooms_per_client = 0;
  sio_world house(opts);
  memory_websocket c(house.connect(), over_websocket);
  c.send_text("40");
  house.io.sockets().on_room_event([&here](const cosio::room_event&) { return here.wait(); });
  house.w.run(join_rooms(house.sockets.at(0), 5'001));  // two changes each: the room is there, and has a member
  CHECK(here.size() == 10'000);
  CHECK(log.count(cosio::log_level::warn, "on_room_event of /") == 2);
  here.let_go(house.w);
  house.w.run(join_rooms(house.sockets[0], 5'002));
  CHECK(here.size() == 2);
  here.let_go(house.w);
}

// ---------------------------------------------------------------- middleware and questions

TEST_CASE("middleware without next() lets in when it returns, and refuses when it throws", "[socketio][hooks]") {
  const captured_log log;
  sio_server s;
  s.io.use([](cosio::socket& who) {
    if (who.handshake().auth()["token"] == "no") throw cosio::refusal("not authorized", 401);
    if (who.handshake().auth()["token"] == "oops") throw std::runtime_error("10.0.0.7 is down");
  });
  s.io.use([](cosio::socket who) -> task<> {
    co_await wait_a_turn();
    if (who.handshake().auth()["token"] == "late") throw cosio::refusal("too late");
  });
  const auto port = s.start();
  sio_client c(port);
  c.send(R"(0{"token":"no"})");
  CHECK(c.receive() == R"(4{"message":"not authorized","data":401})");
  c.send(R"(0{"token":"late"})");
  CHECK(c.receive() == R"(4{"message":"too late"})");
  c.send(R"(0{"token":"oops"})");
  CHECK(c.receive() == R"(4{"message":"internal error"})");
  CHECK(log.count(cosio::log_level::warn, "10.0.0.7 is down") == 1);
  c.join("/", R"({"token":"yes"})");
}

TEST_CASE("middleware with and without next() runs in the order of registration", "[socketio][hooks]") {
  std::string order;
  mailbox<> said;
  sio_server s;
  s.io.use([&](cosio::socket&) { order += "a"; });
  s.io.use([&](cosio::socket&, cosio::next go) -> task<> {
    order += "b";
    co_await go();
    order += "d";
    said.put(order);
  });
  s.io.use([&](cosio::socket&) -> task<> {
    order += "c";
    co_return;
  });
  sio_client c(s.start());
  c.join();
  CHECK(said.take() == "abcd");
}

TEST_CASE("middleware and questions that take their arguments by reference may wait: the arguments are kept",
          "[socketio][hooks]") {
  mailbox<> said;
  cosio::options opts = test_options();
  opts.allow_request = [&](const cosio::http::request& asked) -> task<bool> {
    co_await wait_a_turn();
    said.put(std::string(asked.query("transport").value_or("nothing")));
    co_return true;
  };
  sio_server s(opts);
  s.io.use([](const cosio::socket& who, const cosio::next& go) -> task<> {
    co_await wait_a_turn();
    co_await go();
    co_await who.emit("in");
  });
  s.io.use([](auto who, const auto& go) -> task<> {
    co_await wait_a_turn();
    static_cast<void>(who);
    co_await go();
  });
  s.io.on_connection([](cosio::socket who) {
    who.use([](cosio::packet&, cosio::next&& go) -> task<> {
      co_await wait_a_turn();
      co_await go();
    });
    who.on("ask", [] { return "answered"; });
  });
  sio_client c(s.start());
  CHECK(said.take() == "websocket");
  c.join();
  CHECK(c.receive() == R"(2["in"])");
  c.send(R"(21["ask"])");
  CHECK(c.receive() == R"(31["answered"])");
}

TEST_CASE("packet middleware may be a plain function without next()", "[socketio][hooks]") {
  sio_server s;
  s.io.on_connection([](cosio::socket who) {
    who.use([](cosio::packet& p) {
      if (p.event() == "no") throw cosio::refusal("rejected", 7);
      p.event("renamed");
    });
    who.on("renamed", [] { return "in"; });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(21["no"])", R"(22["yes"])"});
  CHECK(c.receive() == R"(31[{"message":"rejected","data":7}])");
  CHECK(c.receive() == R"(32["in"])");
}

TEST_CASE("plain functions say who a client is, make ids of sockets, and allow namespaces", "[socketio][hooks]") {
  mailbox<> said;
  cosio::options opts = test_options();
  opts.identify = [](cosio::http::request) { return boost::json::value("somebody"); };
  opts.generate_socket_id = [](std::string nsp, cosio::handshake) { return "id of " + nsp; };
  sio_server s(opts);
  s.io.of([](std::string name, cosio::handshake) { return name == "/asked"; },
          [&](cosio::socket who) { said.put(who.handshake().eos().as<std::string>() + ", " + who.id()); });
  sio_client c(s.start());
  c.join("/asked");
  CHECK(said.take() == "somebody, id of /asked");
  c.send("0/other,");
  CHECK(c.receive() == R"(4/other,{"message":"Invalid namespace"})");
  CHECK(s.io.options().identify);
}

TEST_CASE("an empty task of a function of the application's is a failure of that function", "[socketio][hooks]") {
  const captured_log log;
  sio_server s;
  s.io.on_connection([](cosio::socket who) -> task<> {
    who.use([](cosio::packet& p, cosio::next go) -> task<> {
      if (p.event() == "empty") return {};
      return go();
    });
    who.on_any([](std::string, cosio::arguments) -> task<> { return {}; });
    who.on("ping", [] { return "pong"; });
    return {};
  });
  s.io.on_error([](cosio::socket, cosio::socket_error) -> task<> { return {}; });
  s.io.of("/a").use([](cosio::socket&, cosio::next) -> task<> { return {}; });
  s.io.of("/b").use([](const cosio::socket&, const cosio::next&) -> task<> { return {}; });
  s.io.of("/c").use([](cosio::socket&) -> task<> { return {}; });
  s.io.of([](std::string, cosio::handshake) -> task<bool> { return {}; });
  sio_client c(s.start());
  for (const char* name : {"/a", "/b", "/c", "/nobody"}) {
    CAPTURE(name);
    c.send("0" + std::string(name) + ",");
    CHECK(c.receive() == "4" + std::string(name) + R"(,{"message":"internal error"})");
  }
  c.join();
  c.send(R"(21["empty"])");
  CHECK(c.receive() == R"(31[{"message":"internal error"}])");
  c.send(R"(22["ping"])");
  CHECK(c.receive() == R"(32["pong"])");
  CHECK(log.count(cosio::log_level::warn, "the function returned an empty cosio::task<>") >= 7);
}

TEST_CASE("a function of the options that is not set asks nobody", "[socketio][hooks]") {
  const std::function<task<bool>(cosio::http::request)> nobody;
  cosio::options opts;
  opts.allow_request = nobody;
  CHECK_FALSE(opts.allow_request);
  opts.allow_request = [](cosio::http::request) { return true; };
  CHECK(opts.allow_request);
  const std::function<task<bool>(cosio::http::request)> taken = opts.allow_request;
  CHECK(taken);
  opts.allow_request = nullptr;
  const std::function<task<bool>(cosio::http::request)> empty = opts.allow_request;
  CHECK_FALSE(empty);
}
