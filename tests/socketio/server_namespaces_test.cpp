// The handle of a server: namespaces, one event at a time.

#include <cosio/adapter.hpp>
#include <cosio/cosio.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

// ---------------------------------------------------------------- namespaces

TEST_CASE("of() takes a connection handler, and on() knows connection and new_namespace", "[socketio][server]") {
  mailbox<> said;
  sio_server s;
  s.io.on("new_namespace", [&](cosio::nsp made) { said.put("new " + made.name()); });
  s.io.on("connection", [&](cosio::socket) { said.put("connection"); });
  s.io.on("connect", [&](cosio::socket) -> cosio::task<> {
    said.put("connect");
    co_return;
  });
  s.io.of("news", [&](cosio::socket c) { said.put(c.nsp().name()); });
  CHECK(said.take() == "new /news");
  s.io.of(cosio::pattern("/room-{digits}"), [&](cosio::socket c) { said.put(c.nsp().name()); });
  s.io.of([](std::string name, cosio::handshake) -> cosio::task<bool> { co_return name == "/asked"; },
          [&](cosio::socket c) { said.put(c.nsp().name()); });
  CHECK_THROWS_AS(s.io.on("other", [](cosio::socket) {}), cosio::error);
  CHECK_THROWS_WITH(s.io.on("conection", [](cosio::socket) {}),
                    Catch::Matchers::ContainsSubstring("not \"conection\"") &&
                        Catch::Matchers::EndsWith("; did you mean \"connection\"?"));
  CHECK_THROWS_AS(s.io.on("connection", [](cosio::nsp) {}), cosio::error);
  sio_client c(s.start());
  c.join();
  CHECK(said.take() == "connection");
  CHECK(said.take() == "connect");
  c.join("/news");
  CHECK(said.take() == "/news");
  for (const char* name : {"/room-7", "/asked"}) {
    c.join(name);
    CHECK(said.take() == "new " + std::string(name));
    CHECK(said.take() == name);
  }
}

// edge 213
TEST_CASE("a parent sends to rooms of all its namespaces, with every flag, and has no sockets of its own",
          "[socketio][server]") {
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/room-{digits}"));
  parent.use([](cosio::socket who, cosio::next go) -> cosio::task<> {  // by value will do
    co_await who.join("early");
    co_await go();
  });
  parent.on("connection", [](cosio::socket c) -> cosio::task<> { co_await c.join("in"); });
  CHECK_THROWS_AS(parent.on("other", [](cosio::socket) {}), cosio::error);
  sio_client c(s.start());
  c.join("/room-1");
  c.join("/room-2");
  CHECK(parent.children().size() == 2);
  const auto sent = [&](cosio::task<cosio::report> work) { return s.run(std::move(work)).queued; };
  const auto both = [&](const std::string& event) {
    std::vector<std::string> got = {c.receive(), c.receive()};
    std::sort(got.begin(), got.end());
    return got == std::vector<std::string>{"2/room-1,[\"" + event + "\"]", "2/room-2,[\"" + event + "\"]"};
  };
  CHECK(sent(parent.emit("all")) == 2);
  CHECK(both("all"));
  CHECK(sent(parent.to("in").emit("to")) == 2);
  CHECK(both("to"));
  CHECK(sent(parent.in("early").local().compress(false).binary(false).timeout(1s).emit("flags")) == 2);
  CHECK(both("flags"));
  CHECK(sent(parent.except("in").emit("nobody")) == 0);
  CHECK(sent(parent.to("nowhere").send(1)) == 0);
  CHECK(sent(parent.write(1)) == 2);
  CHECK(c.receive().ends_with(R"(["message",1])"));
  CHECK(c.receive().ends_with(R"(["message",1])"));
  CHECK_THROWS_AS(s.run(parent.fetch_sockets()), cosio::error);
  CHECK_THROWS_AS(s.run(parent.to("in").fetch_sockets()), cosio::error);
}

TEST_CASE("what is registered on a namespace, or on a parent, can be removed by its handle", "[socketio][server]") {
  mailbox<> said;
  sio_server s;
  const auto says = [&said](std::string what) { return [&said, what](cosio::socket) { said.put(what); }; };
  const auto guards = [&said](std::string what) {
    return [&said, what](cosio::socket&, cosio::next go) -> cosio::task<> {
      said.put(what);
      co_await go();
    };
  };
  const cosio::nsp news = s.io.of("/news");
  const auto guard = news.use(guards("guard")).handle();
  const auto first = news.on_connection(says("first")).handle();
  news.use(guards("stays")).on("connection", says("second"));  // chains go on
  const auto rooms = news.on_room_event([&said](const cosio::room_event&) { said.put("room"); }).handle();
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  const auto of_parent = parent.use(guards("of the parent")).handle();
  CHECK(guard);
  CHECK_FALSE(guard == first);
  sio_client c(s.start());
  c.join("/news");
  for (const char* step : {"guard", "stays", "room", "room", "first", "second"}) CHECK(said.take() == step);
  c.join("/d-1");
  CHECK(said.take() == "of the parent");
  for (const auto& handle : {guard, first, rooms, of_parent}) {
    handle.remove();
    handle.remove();
  }
  sio_client other(s.io.port());
  other.join("/news");
  for (const char* step : {"stays", "second"}) CHECK(said.take() == step);
  other.join("/d-1");  // was made before
  CHECK(said.take() == "of the parent");
  other.join("/d-2");
  CHECK(said.empty());
}

TEST_CASE("a namespace shows its adapter, which knows its rooms", "[socketio][server]") {
  mailbox<cosio::socket> here;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) { here.put(c); });
  sio_client c(s.start());
  c.join();
  const cosio::socket user = here.take();
  s.run(user.join("a room"));
  const auto adapter = s.io.sockets().adapter();
  CHECK(adapter->rooms_of(user.id()).size() == 2);
  CHECK(adapter->local_sockets(cosio::target()).size() == 1);
}

TEST_CASE("send and write are emit of message, everywhere", "[socketio][server]") {
  sio_server s;
  sio_client c(s.start());
  c.join();
  const auto user = s.run(s.io.sockets().connected()).begin()->second;
  s.run(s.io.send(1));
  s.run(s.io.write(2));
  s.run(s.io.sockets().send(3));
  s.run(s.io.sockets().write(4));
  s.run(s.io.to(user.id()).send(5));
  s.run(s.io.to(user.id()).write(6));
  s.run(user.send(7));
  s.run(user.write(8));
  s.run(user.compress(false).send(9));
  s.run(user.compress(false).write(10));
  for (int i = 1; i <= 10; ++i) CHECK(c.receive() == "2[\"message\"," + std::to_string(i) + "]");
}

// edge 233
TEST_CASE("names that either generation reserves are not emitted, by anybody", "[socketio][server]") {
  sio_server s;
  sio_client c(s.start());
  c.join();
  const auto user = s.run(s.io.sockets().connected()).begin()->second;
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH(s.run(user.emit(name)), Catch::Matchers::ContainsSubstring("is a reserved event name"));
    CHECK_THROWS_WITH(s.run(s.io.emit(name)), Catch::Matchers::ContainsSubstring("is a reserved event name"));
    CHECK_THROWS_AS(s.run(user.emit_with_ack(name)), cosio::error);
    CHECK_THROWS_AS(s.run(s.io.timeout(1s).emit_with_ack(name)), cosio::error);
  }
  const cosio::binary bytes(std::string("x"));
  CHECK_THROWS_WITH(s.run(user.binary(false).emit("e", bytes)), Catch::Matchers::ContainsSubstring("binary(false)"));
  s.run(user.binary(true).emit("e", bytes));
  CHECK(c.receive() == R"(51-["e",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "x");
}

TEST_CASE("a pattern that is given as a text leaves a line that says how to write it", "[socketio][server]") {
  const captured_log log;
  sio_server s;
  s.io.of("/room-{digits}");
  CHECK(log.count(cosio::log_level::warn, "write of(cosio::pattern(\"/room-{digits}\"))") == 1);
  s.io.of(cosio::pattern("/hall-{digits}"));
  s.io.of("/plain");
  CHECK(log.count(cosio::log_level::warn) == 1);
}

TEST_CASE("a reserved name of an event is refused with the function to call in its place", "[socketio][server]") {
  mailbox<cosio::socket> here;
  sio_server s;
  s.io.on_connection([&](cosio::socket who) { here.put(std::move(who)); });
  sio_client c(s.start());
  c.join();
  const cosio::socket user = here.take();
  CHECK_THROWS_WITH(s.run(user.emit("disconnect")), Catch::Matchers::ContainsSubstring("call its disconnect()"));
  CHECK_THROWS_WITH(user.on("connect", [] {}), Catch::Matchers::ContainsSubstring("on_connection()"));
}

// ---------------------------------------------------------------- one event at a time

TEST_CASE("in a sequential namespace an event waits for the handlers before it, acknowledgements and others do not",
          "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  sio_server s;
  const auto serve = [&](cosio::socket c) {
    const std::string nsp = c.nsp().name();
    c.on("slow", [&, nsp](int n) -> cosio::task<int> {
      said.put(nsp + " starts " + std::to_string(n));
      co_await here.wait();
      said.put(nsp + " ends " + std::to_string(n));
      co_return n;
    });
    c.on("quick", [&, nsp](int n) {
      said.put(nsp + " quick " + std::to_string(n));
      return n;
    });
    c.on("ask", [&, c](int n) -> cosio::task<int> {
      const int answer = co_await c.emit_with_ack<int>("question", n);
      said.put("answered " + std::to_string(answer));
      co_return answer;
    });
  };
  s.io.of("/orders", serve).sequential();
  s.io.on_connection(serve);
  sio_client c(s.start());
  c.join();
  c.join("/orders");
  c.send({R"(2/orders,1["slow",1])", R"(2/orders,2["quick",2])", R"(2/orders,["nobody listens"])",
          R"(2/orders,3["slow",3])", R"(2/orders,4["quick",4])", R"(25["quick",5])"});
  CHECK(said.take() == "/orders starts 1");
  CHECK(said.take() == "/ quick 5");
  CHECK(c.receive() == "35[5]");
  CHECK(said.empty());
  here.go();
  for (const char* step : {"/orders ends 1", "/orders quick 2", "/orders starts 3"}) CHECK(said.take() == step);
  CHECK(c.receive() == "3/orders,1[1]");
  CHECK(c.receive() == "3/orders,2[2]");
  here.go();
  for (const char* step : {"/orders ends 3", "/orders quick 4"}) CHECK(said.take() == step);
  CHECK(c.receive() == "3/orders,3[3]");
  CHECK(c.receive() == "3/orders,4[4]");

  c.send({R"(2/orders,6["ask",6])", R"(2/orders,7["quick",7])"});
  CHECK(c.receive() == R"(2/orders,0["question",6])");
  c.send("3/orders,0[60]");
  CHECK(said.take() == "answered 60");
  CHECK(said.take() == "/orders quick 7");
}

TEST_CASE("with options that say sequential, middleware, catch-alls and all listeners of an event are one turn",
          "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.handlers = cosio::handler_order::sequential;
  sio_server s(opts);
  s.io.of("/free").sequential(false);
  s.io.on_connection([&](cosio::socket c) {
    c.use([&](cosio::packet& p, cosio::next go) -> cosio::task<> {
      said.put("use " + p.event());
      if (p.event() == "no") throw cosio::refusal("no");
      co_await here.wait();
      co_await go();
    });
    c.on_any([&](std::string event, cosio::arguments) { said.put("any " + event); });
    c.on("e", [&]() -> cosio::task<> {
      said.put("first");
      co_await here.wait();
      said.put("first ends");
    });
    c.on("e", [&] { said.put("second"); });
    c.on("f", [&] { said.put("f"); });
  });
  s.io.of("/free", [&](cosio::socket c) {
    c.on("e", [&]() -> cosio::task<> {
      said.put("free");
      co_await here.wait();
    });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  c.send({R"(2["e"])", R"(2["no"])", R"(2["f"])"});
  for (const char* step : {"any e", "use e"}) CHECK(said.take() == step);
  here.go();
  for (const char* step : {"first", "second"}) CHECK(said.take() == step);
  const auto first = here.arrival();
  CHECK(said.empty());
  first->end();
  for (const char* step : {"first ends", "any no", "use no", "any f", "use f"}) CHECK(said.take() == step);
  here.go();
  CHECK(said.take() == "f");

  sio_client other(port);
  other.join("/free");
  other.send({R"(2/free,["e"])", R"(2/free,["e"])"});
  CHECK(said.take() == "free");
  CHECK(said.take() == "free");
  here.go();
  here.go();
}

TEST_CASE("events that wait in line go on in order, and are forgotten with their socket", "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.handlers = cosio::handler_order::sequential;
  opts.max_handlers_in_flight = 2;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("n", [&](int n) -> cosio::task<> {
      said.put(std::to_string(n));
      co_await here.wait();
    });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  for (int i = 0; i < 10; ++i) c.send("2[\"n\"," + std::to_string(i) + "]");
  for (int i = 0; i < 10; ++i) {
    CHECK(said.take() == std::to_string(i));
    here.go();
  }
  c.send({R"(2["n",10])", R"(2["n",11])"});
  CHECK(said.take() == "10");
  const auto last = here.arrival();
  c.drop();
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  last->end();
  sio_client next(port);
  next.join();
  next.send(R"(2["n",12])");
  CHECK(said.take() == "12");
  here.go();
}
