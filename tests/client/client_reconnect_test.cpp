// A client's reconnection: delays, events of every step, and what an application may change.

#include <string>

#include "client/backoff.hpp"
#include "client/fake_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

TEST_CASE("the delays double up to the largest, with a part of chance") {
  clients::backoff steady_delays(1s, 5s, 0);
  std::vector<long> times;
  for (int i = 0; i < 5; ++i) times.push_back(static_cast<long>(steady_delays.next(0.9).count()));
  CHECK(times == std::vector<long>{1'000, 2'000, 4'000, 5'000, 5'000});
  CHECK(steady_delays.attempts() == 5);
  steady_delays.reset();
  CHECK(steady_delays.next(0) == 1s);

  clients::backoff jittered(1s, 5s, 0.5);
  CHECK(jittered.next(0.5) == 1'250ms);  // an odd digit: later
  CHECK(jittered.next(0.2) == 1'800ms);  // an even digit: earlier
  clients::backoff many(1s, 5s, 0.5);
  for (int i = 0; i < 2'000; ++i) many.next(0.99);
  CHECK(many.next(0.99) == 5s);
}

TEST_CASE("a connection that was lost is made again, and each step is told") {
  client_world w;
  const auto s = w.server.socket("/");
  texts steps;
  w.server.on_open([&] { steps.push_back("open"); });
  w.server.on_close([&](client_reason r) { steps.push_back("close: " + std::string(r.text())); });
  w.server.on_error([&](connect_error e) { steps.push_back("error: " + e.message()); });
  w.server.on_reconnect_attempt([&](std::size_t n) { steps.push_back("attempt " + std::to_string(n)); });
  w.server.on_reconnect_error([&](connect_error) { steps.push_back("attempt failed"); });
  w.server.on_reconnect([&](std::size_t n) { steps.push_back("back after " + std::to_string(n)); });
  s.on_disconnect([&](client_reason r) { steps.push_back("socket: " + std::string(r.text())); });
  s.on_connect_error([&](connect_error) { steps.push_back("socket: error"); });
  w.run(s.connect());
  w.source->reachable = false;
  w.connection().lose(reason::kind::ping_timeout);
  w.settle();
  CHECK_FALSE(s.connected());
  CHECK(s.active());
  w.advance(999ms);
  CHECK(w.source->made.size() == 1);
  w.advance(1ms);
  CHECK(w.source->made.size() == 2);
  w.source->reachable = true;
  w.advance(2s);
  CHECK(s.connected());
  CHECK(steps == texts{"open", "close: ping timeout", "socket: ping timeout", "attempt 1",
                       "error: nobody listens there", "socket: error", "attempt failed", "attempt 2", "open",
                       "back after 2"});
  const client_metrics figures = w.server.metrics();
  CHECK(figures.attempts == 3);
  CHECK(figures.opened == 2);
  CHECK(figures.lost == 1);
  // The delays begin anew.
  w.connection().lose(reason::kind::transport_close);
  w.advance(1s);
  CHECK(s.connected());
}

TEST_CASE("connect() waits for a server that is not there yet") {
  client_world w;
  w.source->reachable = false;
  const auto s = w.server.socket("/");
  auto joined = w.start(s.connect());
  w.advance(10s);
  CHECK_FALSE(is_ready(joined));
  w.source->reachable = true;
  w.advance(10s);
  CHECK(code_of(joined) == boost::system::error_code());
}

TEST_CASE("after the last attempt connect() throws, and a new call begins anew") {
  manager_options options = steady();
  options.reconnection_attempts = 2;
  client_world w(std::move(options));
  w.source->reachable = false;
  bool failed = false;
  w.server.on_reconnect_failed([&] { failed = true; });
  const auto s = w.server.socket("/");
  auto joined = w.start(s.connect());
  w.advance(1s);
  CHECK_FALSE(is_ready(joined));
  w.advance(2s);
  CHECK(code_of(joined) == errc::disconnected);
  CHECK(failed);
  CHECK(w.source->made.size() == 3);
  w.advance(1min);
  CHECK(w.source->made.size() == 3);
  w.source->reachable = true;
  w.run(s.connect());
  CHECK(s.connected());
}

TEST_CASE("without reconnection the first failure is the last") {
  manager_options options = steady();
  options.reconnection = false;
  client_world w(std::move(options));
  w.source->reachable = false;
  const auto s = w.server.socket("/");
  auto joined = w.start(s.connect());
  try {
    joined.get();
    FAIL("nothing was thrown");
  } catch (const connect_error& e) {
    CHECK_FALSE(e.refused());
    CHECK(e.message() == "nobody listens there");
  }
  w.source->reachable = true;
  w.run(s.connect());
  w.connection().lose(reason::kind::transport_close);
  w.advance(1min);
  CHECK_FALSE(s.connected());
  CHECK(w.source->made.size() == 2);
}

TEST_CASE("reconnect_now() does not wait for the delay") {
  client_world w;
  const auto s = w.server.socket("/");
  w.run(s.connect());
  w.connection().lose(reason::kind::transport_close);
  w.settle();
  w.server.reconnect_now();
  w.settle();
  CHECK(s.connected());
  w.advance(1min);
  CHECK(w.source->made.size() == 2);
  w.server.reconnect_now();  // nothing waits
  w.settle();
  CHECK(w.source->made.size() == 2);
}

TEST_CASE("no attempt begins between pause() and resume()") {
  client_world w;
  const auto s = w.server.socket("/");
  w.server.pause();
  auto joined = w.start(s.connect());
  CHECK(w.source->made.empty());
  w.server.resume();
  w.settle();
  CHECK(code_of(joined) == boost::system::error_code());
  w.server.pause();
  w.settle();
  CHECK(s.connected());  // the connection stays
  w.connection().lose(reason::kind::transport_close);
  w.advance(1min);
  CHECK(w.source->made.size() == 1);
  w.server.resume();
  w.settle();
  CHECK(s.connected());
}

TEST_CASE("close() ends the connection, and nobody reconnects") {
  client_world w;
  const auto s = w.server.socket("/");
  std::string why;
  s.on_disconnect([&](client_reason r) { why = r.text(); });
  w.run(s.connect());
  w.server.close();
  w.advance(1min);
  CHECK(why == "forced close");
  CHECK(w.source->made.size() == 1);
  CHECK(w.connection().closed);
  w.run(s.connect());
  CHECK(s.connected());
}

TEST_CASE("disconnect() stops the attempts to reconnect") {
  client_world w;
  w.source->reachable = false;
  const auto s = w.server.socket("/");
  s.open();
  w.advance(1s);
  CHECK(w.source->made.size() == 2);
  w.run(s.disconnect());
  w.advance(1min);
  CHECK(w.source->made.size() == 2);
}

TEST_CASE("on_attempt says where each attempt goes") {
  manager_options options = steady();
  int asked = 0;
  options.on_attempt = [&](connection_target to) -> task<connection_target> {
    ++asked;
    to.headers.emplace_back("x-attempt", std::to_string(to.attempt));
    if (asked == 2) throw std::runtime_error("no token");
    co_return to;
  };
  client_world w(std::move(options));
  const auto s = w.server.socket("/");
  std::string failure;
  w.server.on_error([&](connect_error e) { failure = e.message(); });
  w.run(s.connect());
  REQUIRE(w.targets.size() == 2);  // one to check the options
  CHECK(w.targets[1].headers == engine_client_options::fields{{"x-attempt", "0"}});
  w.connection().lose(reason::kind::transport_close);
  w.advance(1s);
  CHECK_FALSE(s.connected());
  CHECK(failure.find("no token") != std::string::npos);
  w.advance(2s);
  CHECK(s.connected());
  CHECK(w.targets.back().headers == engine_client_options::fields{{"x-attempt", "2"}});
}

TEST_CASE("heartbeats are told") {
  client_world w;
  int pings = 0;
  w.server.on_ping([&] { ++pings; });
  w.run(w.server.socket("/").connect());
  w.source->made.back()->ping();
  w.settle();
  CHECK(pings == 1);
}

TEST_CASE("one socket leaves while the manager reconnects for another") {
  client_world w;
  const auto a = w.server.socket("/a");
  const auto b = w.server.socket("/b");
  w.run(a.connect());
  w.run(b.connect());
  w.connection().lose(reason::kind::transport_close);
  w.settle();
  w.run(a.disconnect());
  w.advance(1s);
  CHECK(b.connected());
  CHECK_FALSE(a.connected());
  CHECK(w.connection().texts == texts{"0/b,"});
}
