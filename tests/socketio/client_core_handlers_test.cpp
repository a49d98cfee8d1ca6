// Packets of one session to its sockets: handlers in flight.

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

TEST_CASE("with all handlers busy further events wait, and are handled in their order", "[socketio][client_core]") {
  mailbox<int> started;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 2;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<int> {
      started.put(n);
      co_await here.wait();
      co_return n;
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(20["slow",0])", R"(21["slow",1])", R"(22["slow",2])", R"(23["slow",3])", R"(24["slow",4])"});
  CHECK(started.take() == 0);
  CHECK(started.take() == 1);
  const auto first = here.arrival();
  CHECK(started.empty());
  first->end();
  CHECK(c.receive() == "30[0]");
  CHECK(started.take() == 2);
  for (const char* answer : {"31[1]", "32[2]", "33[3]", "34[4]"}) {
    here.go();
    CHECK(c.receive() == answer);
  }
  c.send(R"(25["slow",5])");
  here.go();
  CHECK(c.receive() == "35[5]");
}

TEST_CASE("events of one POST are handled one after the other when one handler may run", "[socketio][client_core]") {
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 1;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<int> {
      co_await here.wait();
      co_return n;
    });
  });
  sio_client c(s.start(), polling());
  c.join();
  std::thread poster([&] { c.send({R"(20["slow",0])", R"(21["slow",1])", R"(22["slow",2])"}); });
  for (int i = 0; i < 3; ++i) here.go();
  poster.join();
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(c.receive());
  CHECK(answers == std::vector<std::string>{"30[0]", "31[1]", "32[2]"});
}

TEST_CASE("a client that leaves takes its waiting events along", "[socketio][client_core]") {
  mailbox<int> started;
  mailbox<> left;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 1;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<> {
      started.put(n);
      co_await here.wait();
    });
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      left.put(std::string(why.text()));
      co_return;
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(2["slow",0])", R"(2["slow",1])", R"(2["slow",2])"});
  CHECK(started.take() == 0);
  const auto here_now = s.run(s.io.sockets().connected());
  const auto only = here_now.begin()->second;
  s.run(only.disconnect(true));
  CHECK(left.take() == "server namespace disconnect");
  here.go();
  CHECK(c.receive() == "1");
  CHECK(c.ends());
  CHECK(started.empty());
}

TEST_CASE("a handler that awaits its own client's answer does not keep it from being read", "[socketio][client_core]") {
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("ask", [c]() -> cosio::task<std::string> {
      const std::string answer = co_await c.emit_with_ack<std::string>("question", 1);
      co_return answer + "!";
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(20["ask"])", R"(21["ask"])"});
  CHECK(c.receive() == R"(20["question",1])");
  CHECK(c.receive() == R"(21["question",1])");
  c.send({R"(31["second"])", R"(30["first"])"});
  CHECK(c.receive() == R"(31["second!"])");
  CHECK(c.receive() == R"(30["first!"])");
}

TEST_CASE("what an event's handler throws ends the handler, not the client", "[socketio][client_core]") {
  cosio::test::pause here;
  echo_server server;
  server.s.io.on_connection([&](cosio::socket c) {
    c.on("throw", [&](bool later) -> cosio::task<> {
      if (later) co_await here.wait();
      throw std::runtime_error("handler failed");
    });
    c.on("plain", [] { throw 42; });
    c.on("typed", [](int) {});
    c.on_any([](std::string event, cosio::arguments) -> cosio::task<> {
      if (event == "any") throw std::runtime_error("catch-all failed");
      return cosio::ack()();
    });
  });
  sio_client c(server.port);
  c.join();
  c.send({R"(2["throw",true])", R"(2["throw",false])", R"(2["plain"])", R"(2["typed","x"])", R"(2["any"])"});
  here.go();
  std::vector<std::string> errors;
  for (int i = 0; i < 5; ++i) errors.push_back(server.errors.take());
  std::sort(errors.begin(), errors.end());
  CHECK(errors == std::vector<std::string>{"an exception of unknown type",
                                           R"(argument 0 of event "typed" must be an integer, but is a string)",
                                           "catch-all failed", "handler failed", "handler failed"});
  c.send(R"(2["message"])");
  CHECK(c.receive() == R"(2["message-back"])");
}
