// The end of a client: its manager is destroyed anywhere, and its coroutines are cancelled anywhere. Nothing is used
// after its end, and nothing waits for ever. (A sanitizer sees the first.)

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "client/fake_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// A life with everything in it: auth, two namespaces, questions both ways, binary, a lost connection, retries.
task<> life(client_socket a, client_socket b) {
  co_await a.connect();
  co_await b.connect();
  const int sum = co_await a.emit_with_ack<int>("add", 1);
  const binary bytes(std::string("bytes"));
  co_await a.emit("picture", bytes);
  co_await b.emit_with_ack("in line", sum);
  co_await a.disconnected();
  co_await a.connect();
  co_await a.emit("ready");
  co_await a.once<int>("news");
  co_await a.disconnect();
}

// The server of that life.
class life_server {
 public:
  void answer(client_world& w) {
    if (w.source->made.empty()) return;
    auto& c = w.connection();
    if (std::exchange(of_, &c) != &c) seen_ = 0;
    while (seen_ < c.texts.size()) {
      const std::string text = c.texts[seen_++];
      if (text == R"(20["add",1])") {
        c.deliver(R"(25["question",1])");
        c.deliver("30[2]");
      } else if (text.find("in line") != std::string::npos) {
        c.deliver("3/b,0[]");
        c.lose(reason::kind::transport_close);
      } else if (text.find("ready") != std::string::npos) {
        c.deliver(R"(2["news",1])");
      }
    }
  }

 private:
  const fake_connection* of_ = nullptr;
  std::size_t seen_ = 0;
};

// Runs `steps` handlers at most. @return whether there was one more.
bool run_steps(client_world& w, life_server& by, std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) {
    w.w.context().restart();
    if (w.w.context().poll_one() == 0) {
      by.answer(w);
      w.w.context().restart();
      if (w.w.context().poll_one() != 0) continue;
      w.w.timers().advance(1s);
      w.w.context().restart();
      if (w.w.context().poll_one() == 0) return false;
    }
    by.answer(w);
  }
  return true;
}

// Begins that life. @return a flag that is true at its end.
std::shared_ptr<bool> begin_life(client_world& w, boost::asio::cancellation_signal& stop) {
  const auto ask = []() -> task<boost::json::value> {
    const auto here = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(here, boost::asio::use_awaitable);
    co_return boost::json::value{{"token", 1}};
  };
  const auto a = w.server.socket("/", {.auth = ask});
  client_socket_options in_line;
  in_line.retries = 1;
  in_line.ack_timeout = 3s;
  const auto b = w.server.socket("/b", in_line);
  a.on("question", [a](int n) -> task<int> {
    const auto here = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(here, boost::asio::use_awaitable);
    co_return n;
  });
  auto ended = std::make_shared<bool>(false);
  boost::asio::co_spawn(
      w.w.context(), life(a, b),
      boost::asio::bind_cancellation_slot(stop.slot(), [ended](std::exception_ptr) { *ended = true; }));
  return ended;
}

}  // namespace

TEST_CASE("the life of a client comes to its end by itself") {
  boost::asio::cancellation_signal stop;
  client_world w;
  life_server by;
  const auto ended = begin_life(w, stop);
  std::size_t steps = 0;
  while (run_steps(w, by, 1) && steps < 10'000) ++steps;
  CHECK(*ended);
  CHECK(steps > 20);
}

TEST_CASE("a manager may be destroyed after each step") {
  for (std::size_t k = 0; k < 1'000; ++k) {
    boost::asio::cancellation_signal stop;
    client_world w;
    life_server by;
    const auto ended = begin_life(w, stop);
    const bool goes_on = run_steps(w, by, k);
    w.server = manager(std::shared_ptr<clients::manager_core>());
    w.settle();
    INFO("after " << k << " steps");
    REQUIRE(*ended);
    if (goes_on) continue;
    CHECK(k > 20);
    return;
  }
  FAIL("there was no end");
}

TEST_CASE("a coroutine may be cancelled after each step") {
  for (std::size_t k = 0; k < 1'000; ++k) {
    boost::asio::cancellation_signal stop;
    client_world w;
    life_server by;
    const auto ended = begin_life(w, stop);
    const bool goes_on = run_steps(w, by, k);
    stop.emit(boost::asio::cancellation_type::terminal);
    w.settle();
    INFO("after " << k << " steps");
    REQUIRE(*ended);
    CHECK(w.server.socket("/").pending().acks == 0);
    if (!goes_on) return;
  }
  FAIL("there was no end");
}

TEST_CASE("an io_context may end after each step, with all that waits in it") {
  for (std::size_t k = 0; k < 1'000; ++k) {
    boost::asio::cancellation_signal stop;
    std::weak_ptr<bool> coroutine;
    bool goes_on = false;
    {
      client_world w;
      life_server by;
      coroutine = begin_life(w, stop);
      goes_on = run_steps(w, by, k);
      w.skip_last_steps = true;
    }
    INFO("after " << k << " steps");
    REQUIRE(coroutine.expired());
    if (!goes_on) return;
  }
  FAIL("there was no end");
}

TEST_CASE("a handler may destroy its manager") {
  client_world w;
  const auto s = w.server.socket("/");
  int calls = 0;
  const auto end = [&] {
    ++calls;
    w.server = manager(std::shared_ptr<clients::manager_core>());
  };
  SECTION("of an event, before other listeners") {
    w.run(s.connect());
    s.on("a", end);
    s.on("a", [&] { ++calls; });
    w.connection().deliver(R"(2["a"])");
    w.connection().deliver(R"(2["a"])");
    w.settle();
  }
  SECTION("of on_connect") {
    s.on_connect(end);
    s.open();
    w.settle();
  }
  SECTION("of on_disconnect") {
    w.run(s.connect());
    s.on_disconnect([&](client_reason) { end(); });
    w.connection().lose(reason::kind::transport_close);
    w.settle();
  }
  SECTION("of on_connect_error") {
    w.source->reachable = false;
    s.on_connect_error([&](connect_error) { end(); });
    s.open();
    w.settle();
  }
  SECTION("of an attempt to reconnect") {
    w.run(s.connect());
    w.server.on_reconnect_attempt([&](std::size_t) { end(); });
    w.connection().lose(reason::kind::transport_close);
    w.advance(1s);
  }
  SECTION("of what it sends") {
    w.run(s.connect());
    s.on_any_outgoing([&](std::string, arguments) { end(); });
    CHECK(w.run(s.emit("a")).queued == 1);
  }
  CHECK(calls == 1);
  CHECK_FALSE(s.connected());
}

TEST_CASE("handles outlive their manager, and keep nothing that its handlers captured") {
  auto captured = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = captured;
  client_world w;
  const auto s = w.server.socket("/");
  s.on("a", [s, captured] {});
  w.run(s.connect());
  captured.reset();
  w.server = manager(std::shared_ptr<clients::manager_core>());
  CHECK(watched.expired());  // before anything runs
  w.settle();
  CHECK(s.nsp() == "/");
  CHECK_FALSE(s.on("a", [] {}));
  auto joined = w.start(s.connect());
  CHECK(code_of(joined) == errc::cancelled);
}
