// To whom: rooms, except and flags; and what is done to all of them.

#include <cosio/broadcast_operator.hpp>
#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::task;

namespace {

// Three clients: a in x; b in x and y; c in y.
struct three_clients {
  three_clients() {
    s.io.on_connection([this](cosio::socket who) { joined.put(who); });
    port = s.start();
    for (const char* name : {"a", "b", "c"}) {
      clients.push_back(std::make_unique<sio_client>(port));
      clients.back()->join();
      sockets.emplace(name, joined.take());
    }
    s.run(sockets.at("a").join("x"));
    s.run(sockets.at("b").join("x", std::string("y")));
    s.run(sockets.at("c").join(std::vector<std::string>{"y"}));
  }

  // The sockets that got the event. The marks behind it show which did not.
  std::string got(const std::string& event) {
    s.run(s.io.emit("mark"));
    std::string out;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      for (std::string packet = clients[i]->receive(); packet != R"(2["mark"])"; packet = clients[i]->receive()) {
        CHECK(packet == "2[\"" + event + "\"]");
        out += static_cast<char>('a' + i);
      }
    }
    return out;
  }
  std::string emitted(const cosio::broadcast_operator& to) {
    const auto report = s.run(to.emit("e"));
    const std::string all = got("e");
    CHECK(report.queued == all.size());
    return all;
  }

  mailbox<cosio::socket> joined;
  sio_server s;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<sio_client>> clients;
  std::map<std::string, cosio::socket> sockets;
};

}  // namespace

TEST_CASE("a broadcast reaches whom its chain names, each once", "[socketio][broadcast]") {
  three_clients w;
  const auto& io = w.s.io;
  const auto& a = w.sockets.at("a");
  const auto& b = w.sockets.at("b");

  CHECK(w.emitted(io.local()) == "abc");
  CHECK(w.emitted(io.to("x")) == "ab");
  CHECK(w.emitted(io.in("x")) == "ab");
  CHECK(w.emitted(io.to("x").to("y")) == "abc");  // edge 234
  CHECK(w.emitted(io.to("x", "y")) == "abc");
  CHECK(w.emitted(io.to(std::vector<std::string>{"x", "y"})) == "abc");
  CHECK(w.emitted(io.to("nobody")).empty());
  CHECK(w.emitted(io.to(std::vector<std::string>())).empty());  // edge 237: the reference reaches everybody
  CHECK(w.emitted(io.except("x")) == "c");                      // edge 236
  CHECK(w.emitted(io.except(a.id())) == "bc");                  // edge 236
  CHECK(w.emitted(io.to("y").except("x")) == "c");
  CHECK(w.emitted(io.to("x").except("x")).empty());
  CHECK(w.emitted(io.to(a.id(), b.id())) == "ab");

  CHECK(w.emitted(a.broadcast()) == "bc");
  CHECK(w.emitted(a.to("x")) == "b");  // edge 235
  CHECK(w.emitted(b.in("x", "y")) == "ac");
  CHECK(w.emitted(a.except("y")).empty());
  CHECK(w.emitted(a.to(a.id())).empty());
  CHECK(w.emitted(a.local().to("y")) == "bc");
  CHECK(w.emitted(a.compress(false).broadcast()) == "bc");
}

TEST_CASE("a chain may be kept: modifiers change copies", "[socketio][broadcast]") {  // edge 238
  three_clients w;
  const auto x = w.s.io.to("x");
  const auto with_y = x.to("y");
  const auto without_a = x.except(w.sockets.at("a").id());
  CHECK(w.emitted(with_y) == "abc");
  CHECK(w.emitted(without_a) == "b");
  CHECK(w.emitted(x) == "ab");
  CHECK(w.emitted(x) == "ab");
}

TEST_CASE("namespaces do not hear each other's broadcasts", "[socketio][broadcast]") {
  three_clients w;
  const auto other = w.s.io.of("/other");
  w.clients[0]->join("/other");
  CHECK(w.s.run(other.emit("e")).queued == 1);
  CHECK(w.clients[0]->receive() == R"(2/other,["e"])");
  CHECK(w.s.run(other.to("x").emit("e")).queued == 0);
  CHECK(w.s.run(other.send(1, "two")).queued == 1);
  CHECK(w.clients[0]->receive() == R"(2/other,["message",1,"two"])");
  CHECK(w.emitted(w.s.io.local()) == "abc");
}

TEST_CASE("a broadcast tells how many got it", "[socketio][broadcast]") {
  three_clients w;
  w.s.run(w.sockets.at("c").disconnect());
  CHECK(w.clients[2]->receive() == "1");
  const auto report = w.s.run(w.s.io.emit("e"));
  CHECK(report.queued == 2);
  CHECK(report.dropped == 0);
  CHECK(report.refused == 0);
  CHECK(w.s.run(w.s.io.to(w.sockets.at("c").id()).emit("e")).queued == 0);
}

TEST_CASE("reserved names and forbidden binary are refused, before anything is sent",
          "[socketio][broadcast]") {  // edge 233
  three_clients w;
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error"}) {
    CAPTURE(name);
    try {
      w.s.run(w.s.io.to("x").emit(name));
      FAIL("it was emitted");
    } catch (const cosio::error& e) {
      CHECK(e.code() == cosio::errc::bad_argument);
      CHECK(e.detail().starts_with("\"" + std::string(name) + "\" is a reserved event name"));
      CHECK(e.detail().ends_with("; to make a socket leave, call its disconnect()") ==
            std::string(name).starts_with("disconnect"));
    }
    CHECK_THROWS_AS(w.s.run(w.sockets.at("a").emit(name)), cosio::error);
    CHECK_THROWS_AS(w.s.run(w.sockets.at("a").emit_with_ack(name)), cosio::error);
    CHECK_THROWS_AS(w.s.run(w.s.io.timeout(std::chrono::seconds(1)).emit_with_ack(name)), cosio::error);
  }
  const cosio::binary bytes(std::string("x"));
  CHECK_THROWS_AS(w.s.run(w.s.io.binary(false).emit("e", bytes)), cosio::error);
  CHECK_THROWS_AS(w.s.run(w.sockets.at("a").binary(false).emit("e", bytes)), cosio::error);
  CHECK(w.s.run(w.s.io.binary(false).emit("e")).queued == 3);
  CHECK(w.s.run(w.s.io.binary(true).emit("e")).queued == 3);
  CHECK(w.s.run(w.s.io.emit("Connect")).queued == 3);
}

TEST_CASE("arguments are encoded before emit returns", "[socketio][broadcast]") {
  three_clients w;
  auto work = [&] {
    std::string gone = "a text that is too long to live in the string object itself";
    return w.s.io.to("x").emit("e", gone, std::string_view(gone));
  }();
  w.s.run(std::move(work));
  const std::string text = R"("a text that is too long to live in the string object itself")";
  CHECK(w.clients[0]->receive() == "2[\"e\"," + text + "," + text + "]");
}

TEST_CASE("ids, sockets, joining, leaving and disconnecting act on the same choice",
          "[socketio][broadcast]") {  // edge 256
  three_clients w;
  const auto& io = w.s.io;
  const auto id = [&](const char* name) { return w.sockets.at(name).id(); };
  const auto sorted = [](std::vector<std::string> v) {
    std::sort(v.begin(), v.end());
    return v;
  };
  CHECK(sorted(w.s.run(io.clients())) == sorted({id("a"), id("b"), id("c")}));
  CHECK(sorted(w.s.run(io.to("x").clients())) == sorted({id("a"), id("b")}));
  CHECK(w.s.run(w.sockets.at("a").to("x").clients()) == std::vector<std::string>{id("b")});

  w.sockets.at("b").data({{"name", "bob"}});
  const auto found = w.s.run(io.in("y").except(id("c")).fetch_sockets());
  REQUIRE(found.size() == 1);
  CHECK(found[0].id() == id("b"));
  CHECK(sorted(found[0].rooms()) == sorted({id("b"), "x", "y"}));
  CHECK(found[0].data().at("name") == "bob");
  CHECK(found[0].handshake().at("address") == "127.0.0.1");
  CHECK(found[0].handshake().at("query").at("EIO") == "4");

  w.s.run(found[0].emit("e"));
  CHECK(w.got("e") == "b");
  w.s.run(found[0].join("z"));
  w.s.run(found[0].leave("x", "y"));
  CHECK(sorted(w.sockets.at("b").rooms()) == sorted({id("b"), "z"}));

  w.s.run(io.in("y").sockets_join("new", "z"));
  CHECK(w.emitted(io.to("new")) == "c");
  CHECK(w.emitted(io.to("z")) == "bc");
  w.s.run(io.sockets_leave("z"));
  CHECK(w.emitted(io.to("z")).empty());

  w.s.run(io.in("new").disconnect_sockets());
  CHECK(w.clients[2]->receive() == "1");
  CHECK_FALSE(w.sockets.at("c").connected());
  w.clients[2]->join();  // the connection is still there
  w.s.run(io.in(id("a")).disconnect_sockets(true));
  CHECK(w.clients[0]->receive() == "1");
  CHECK(w.clients[0]->ends());
  w.s.run(found[0].disconnect());
  CHECK(w.clients[1]->receive() == "1");
}

TEST_CASE("a broadcast in a handler reaches the sender behind its own emits", "[socketio][broadcast]") {
  sio_server s;
  s.io.on_connection([](cosio::socket c) {
    c.on("go", [c]() -> task<std::string> {
      co_await c.emit("first");
      co_await c.nsp().emit("second");
      co_await c.emit("third");
      co_return "fourth";
    });
  });
  sio_client c(s.start());
  c.join();
  c.send(R"(20["go"])");
  for (const char* packet : {R"(2["first"])", R"(2["second"])", R"(2["third"])", R"(30["fourth"])"})
    CHECK(c.receive() == packet);
}

TEST_CASE("a volatile broadcast is dropped where it cannot go out at once", "[socketio][broadcast]") {
  sio_settings polling;
  polling.over = sio_settings::transport::polling;
  sio_server s;
  const auto port = s.start();
  sio_client idle(port, polling);  // holds no GET
  sio_client live(port);
  idle.join();
  live.join();
  const auto report = s.run(s.io.volatile_().emit("e"));
  CHECK(report.queued == 1);
  CHECK(report.dropped == 1);
  CHECK(live.receive() == R"(2["e"])");
}

TEST_CASE("a broadcast does not wait for a slow client, which is let go above its limit, and the others get all",
          "[socketio][broadcast]") {
  cosio::options opts = test_options();
  opts.high_water_mark = 1'000;
  opts.max_queued_bytes = 20'000;
  mailbox<> left;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on_disconnect([&](cosio::reason why) { left.put(std::string(why.text()) + ": " + why.detail()); });
  });
  const auto port = s.start();
  sio_settings polling;
  polling.over = sio_settings::transport::polling;
  sio_client slow(port, polling);  // holds no GET
  sio_client quick(port);
  slow.join();
  quick.join();
  const std::string text(1'000, 'x');
  const std::string packet = "2[\"e\",\"" + text + "\"]";
  std::size_t sent = 0;
  for (cosio::report last; last.refused == 0;) {
    REQUIRE(sent < 80);
    last = s.run(s.io.emit("e", text));
    CHECK(last.queued + last.refused == 2);
    CHECK(last.over_budget == last.refused);
    ++sent;
    CHECK(quick.receive() == packet);
  }
  CHECK(sent == 67);  // 66 fit in four times the limit, of a little more than 1,200 bytes with the memory around them
  CHECK(left.take() == "slow consumer: more than max_queued_bytes would wait for this client");
  CHECK(s.run(s.io.emit("e", text)).queued == 1);
  CHECK(quick.receive() == packet);
}

TEST_CASE("binary is broadcast once for all, to every protocol", "[socketio][broadcast]") {
  sio_settings old;
  old.eio = 3;
  sio_server s;
  const auto port = s.start();
  sio_client a(port);
  sio_client b(port, old);
  a.join();
  CHECK(b.receive() == "0");
  const auto report = s.run(s.io.emit("e", cosio::binary(std::string("\x01\x02"))));
  CHECK(report.queued == 2);
  for (sio_client* c : {&a, &b}) {
    CHECK(c->receive() == R"(51-["e",{"_placeholder":true,"num":0}])");
    CHECK(c->receive_bytes() == "\x01\x02");
  }
}
