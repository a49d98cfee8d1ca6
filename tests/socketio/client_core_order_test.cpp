// Packets of one session to its sockets: the order of events.

#include "socketio/client_core.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/memory_stream.hpp"
#include "http/app_state.hpp"
#include "socketio/client_core_helpers.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

TEST_CASE("events of one client are handled in their order", "[socketio][client_core]") {  // edge 254
  mailbox<int> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("n", [&](int n) { got.put(n); });
    c.on("m", [&](int n) -> cosio::task<> {
      got.put(n);
      co_return;
    });
  });
  sio_client c(s.start());
  c.join();
  for (int i = 0; i < 200; i += 2)
    c.send({"2[\"n\"," + std::to_string(i) + "]", "2[\"m\"," + std::to_string(i + 1) + "]"});
  for (int i = 0; i < 200; ++i) CHECK(got.take() == i);
}

TEST_CASE("a DISCONNECT undoes the events that came with it", "[socketio][client_core]") {  // edge 251
  mailbox<> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("e", [&] { got.put("e"); });
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      got.put(std::string(why.text()));
      co_return;
    });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  c.send({R"(2["e"])", "1"});
  CHECK(got.take() == "client namespace disconnect");
  c.join();
  c.send(R"(2["e"])");
  CHECK(got.take() == "e");
}

TEST_CASE("an event is handled although the connection ends right behind it", "[socketio][client_core]") {  // edge 252
  mailbox<> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("e", [&] { got.put("e"); });
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      got.put(std::string(why.text()));
      co_return;
    });
  });
  const auto port = s.start();
  for (int i = 0; i < 20; ++i) {
    sio_client c(port);
    c.join();
    c.send(R"(2["e"])");
    if (i % 2 == 0) c.close();
    c.drop();
    CHECK(got.take() == "e");
    CHECK(got.take() == "transport close");
  }
}

TEST_CASE("handlers that wait do not keep others from starting, in the order of the packets",
          "[socketio][client_core]") {
  mailbox<> got;
  cosio::test::pause here;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<int> {
      got.put("start " + std::to_string(n));
      co_await here.wait();
      co_return n;
    });
    c.on("quick", [&](int n) {
      got.put("quick " + std::to_string(n));
      return n;
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(20["slow",0])", R"(21["quick",1])", R"(22["slow",2])", R"(23["quick",3])", R"(24["slow",4])"});
  for (const char* step : {"start 0", "quick 1", "start 2", "quick 3", "start 4"}) CHECK(got.take() == step);
  CHECK(c.receive() == "31[1]");
  CHECK(c.receive() == "33[3]");
  const auto first = here.arrival();
  here.go();
  CHECK(c.receive() == "32[2]");
  first->end();
  CHECK(c.receive() == "30[0]");
  here.go();
  CHECK(c.receive() == "34[4]");
}

TEST_CASE("a handler is on its client's strand, whatever it has awaited", "[socketio][client_core]") {
  mailbox<> steps;
  mailbox<cosio::socket> others;
  sio_server s(test_options(2));
  s.io.of("/other").on_connection([&](cosio::socket c) { others.put(c); });
  s.io.on_connection([&](cosio::socket c) {
    const auto here = [&steps, c](const std::string& after) {
      const bool own = c.conn().internals()->get_strand().running_in_this_thread();
      steps.put(after + (own ? "" : ", elsewhere"));
    };
    c.on("go", [&, c, here]() -> cosio::task<> {
      here("start");
      const auto executor = co_await boost::asio::this_coro::executor;
      co_await c.join("room");
      here("join");
      co_await c.nsp().emit("broadcast");
      here("broadcast");
      co_await c.nsp().fetch_sockets();
      here("fetch");
      co_await c.emit_with_ack("question");
      here("answer");
      co_await c.once("event");
      here("event");
      boost::asio::steady_timer timer(executor, 1ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
      here("timer");
      const cosio::socket other = others.take();
      co_await other.disconnect();  // on another client's strand
      here("another's end");
      co_await c.disconnected();
      here("end");
    });
  });
  const auto port = s.start();
  sio_client other(port);
  other.join("/other");
  sio_client c(port);
  c.join();
  c.send(R"(2["go"])");
  for (const char* step : {"start", "join", "broadcast", "fetch"}) CHECK(steps.take() == step);
  CHECK(c.receive() == R"(2["broadcast"])");
  CHECK(c.receive() == R"(20["question"])");
  c.send({"30[]", R"(2["event"])"});
  for (const char* step : {"answer", "event", "timer", "another's end"}) CHECK(steps.take() == step);
  c.drop();
  CHECK(steps.take() == "end");
}

TEST_CASE("handlers of one client never run at the same time, those of different clients do",
          "[socketio][client_core]") {
  mailbox<> said;
  std::atomic<int> together{0};
  sio_server s(test_options(2));
  const auto serve = [&](cosio::socket c) {
    c.on("alone", [&, c] {
      const int others = together++;
      for (int i = 0; i < 5; ++i) std::this_thread::yield();
      --together;
      const bool own = c.conn().internals()->get_strand().running_in_this_thread();
      said.put(others == 0 && own ? "alone" : "not alone");
    });
    c.on("meet", [&] {
      ++together;
      said.put(eventually([&] { return together == 2; }) ? "met" : "nobody came");
    });
  };
  s.io.on_connection(serve);
  s.io.of("/other").on_connection(serve);
  const auto port = s.start();
  sio_client a(port);
  a.join();
  a.join("/other");
  for (int i = 0; i < 20; ++i) a.send({R"(2["alone"])", R"(2/other,["alone"])"});
  for (int i = 0; i < 40; ++i) CHECK(said.take() == "alone");
  sio_client b(port);
  b.join();
  a.send(R"(2["meet"])");
  b.send(R"(2["meet"])");
  CHECK(said.take() == "met");
  CHECK(said.take() == "met");
}

TEST_CASE("several listeners of one event start in their order", "[socketio][client_core]") {
  mailbox<> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("e", [&] { got.put("first"); });
    c.on("e", [&]() -> cosio::task<> {
      got.put("second");
      co_return;
    });
    c.prepend_listener("e", [&] { got.put("zeroth"); });
    c.once("e", [&] { got.put("once"); });
    c.on("done", [&] { got.put("done"); });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(2["e"])", R"(2["e"])", R"(2["done"])"});
  for (const char* step : {"zeroth", "first", "second", "once", "zeroth", "first", "second", "done"})
    CHECK(got.take() == step);
}
