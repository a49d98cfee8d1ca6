// Worlds: time, seeds, the record, and the mistakes of tests.

#include <cosio/test/world.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/cosio.hpp>
#include <cosio/test.hpp>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "chat.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using cosio::test::failure;
using cosio::test::world;
using cosio::test::world_options;

namespace {

// What a failure says; empty when there is none.
template <class F>
std::string said_by(F run) {
  try {
    run();
  } catch (const failure& e) {
    return e.what();
  }
  return {};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A few clients that say something; the whole wire.
std::string trace_of(std::uint64_t seed) {
  world w(seed);
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}}, cosio::test::transport::upgrade);
  auto bob = w.client("/chat", {{"token", "bob"}}, cosio::test::transport::polling);
  for (int i = 0; i < 5; ++i) {
    ann.emit("say", "from ann");
    bob.emit("say", std::to_string(i));
    ann.emit("add", 1, i);
  }
  w.advance(1min);
  bob.cut();
  ann.emit("say", "missed");
  w.advance(1min);
  bob.reconnect();
  return w.trace();
}

}  // namespace

TEST_CASE("a run is repeated by its seed, to the last id", "[test_kit]") {
  const std::string first = trace_of(7);
  CHECK(has(first, "\"sid\":"));
  CHECK(first == trace_of(7));
  CHECK(first != trace_of(8));
}

TEST_CASE("the environment chooses the seed", "[test_kit]") {
  ::setenv("COSIO_TEST_SEED", "17", 1);
  CHECK(world().seed() == 17);
  CHECK(world(3).seed() == 3);
  ::setenv("COSIO_TEST_SEED", "lucky", 1);
  CHECK(has(said_by([] { world(); }), "COSIO_TEST_SEED is not a number"));
  ::unsetenv("COSIO_TEST_SEED");
  CHECK(world().seed() == 1);
}

TEST_CASE("time moves when the test says so, and deadlines meet it", "[test_kit]") {
  world w;
  cosio::options opts;
  opts.ping_interval = 10s;
  opts.ping_timeout = 5s;
  auto io = w.server(opts);
  std::string why;
  io.on_connection([&](cosio::socket user) { user.on_disconnect([&](cosio::reason reason) { why = reason.text(); }); });
  auto ann = w.client();
  CHECK(w.now() < 1s);
  const auto begun = w.now();
  w.advance(31s);
  CHECK(w.now() == begun + 31s);
  CHECK(ann.connected());
  ann.vanish();  // a ping comes after 9 s, and its time is over 5 s later
  w.advance(13s);
  CHECK(why.empty());
  w.advance(2s);
  CHECK(why == "ping timeout");
}

TEST_CASE("coroutines sleep in the time of the world", "[test_kit]") {
  world w;
  auto io = w.server();
  std::string order;
  w.run([&]() -> cosio::task<> {
    co_await w.sleep(24h);
    order += "slept";
  });
  CHECK(order == "slept");
  CHECK(w.now() >= 24h);
  CHECK(w.now() < 24h + 1s);
}

TEST_CASE("a coroutine gives its result, and throws what it throws", "[test_kit]") {
  world w;
  auto io = w.server();
  CHECK(w.run([]() -> cosio::task<int> { co_return 7; }) == 7);
  CHECK_THROWS_AS(w.run([]() -> cosio::task<> {
    throw std::out_of_range("far");
    co_return;
  }),
                  std::out_of_range);
}

TEST_CASE("a coroutine that never ends is cancelled, and the failure says who waits for what", "[test_kit]") {
  world w;
  auto io = w.server();
  io.on_connection([](cosio::socket user) { user.on("never", [](cosio::ack) {}); });
  auto ann = w.client().named("ann");
  bool cancelled = false;
  const std::string said = said_by([&] {
    w.run([&]() -> cosio::task<> {
      try {
        co_await ann.emit_with_ack<int>("never");
      } catch (const boost::system::system_error&) {
        cancelled = true;
        throw;
      }
    });
  });
  CHECK(cancelled);
  CHECK(has(said, "nothing has happened for 60.000 s of the world's time, and ann waits for the answer to \"never\""));
  CHECK(has(said, "ann > 420[\"never\"]"));
  CHECK(has(said, "COSIO_TEST_SEED=1"));
  CHECK(ann.connected());
}

TEST_CASE("timers of the system are named as the reason for a wait, and allowed by an option", "[test_kit]") {
  const auto wait_really = [](std::chrono::milliseconds time) -> cosio::task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
  };
  {
    world w;
    auto io = w.server();
    CHECK(has(said_by([&] { w.run(wait_really(1h)); }), "boost::asio::steady_timer"));
  }
  world_options how;
  how.real_time = 10s;
  world w(how);
  auto io = w.server();
  w.run(wait_really(20ms));
}

TEST_CASE("the log is captured, and shown by failures", "[test_kit]") {
  world w;
  auto io = w.server();
  io.on_connection([](cosio::socket user) { user.on("fail", []() -> int { throw std::runtime_error("oh no"); }); });
  auto ann = w.client();
  ann.emit("fail");
  w.settle();
  CHECK(w.logged(cosio::log_level::warn, "oh no") == 1);
  CHECK(w.logged(cosio::log_level::error) == 0);
  CHECK(has(said_by([&] { w.require(false, "it is wrong"); }), "warn socketio: "));
  CHECK(said_by([&] { w.require(false, "it is wrong"); }).starts_with("it is wrong\n"));
  w.require(true, "it is right");
}

TEST_CASE("routes of HTTP are asked", "[test_kit]") {
  world w;
  auto io = w.server();
  w.app().get("/health", [](const cosio::http::request& asked) {
    return cosio::http::response(200, "fine, " + asked.header("x-name"));
  });
  const auto answer = w.request("GET", "/health", "", {{"X-Name", "ann"}});
  CHECK(answer.status == 200);
  CHECK(answer.body == "fine, ann");
  CHECK_FALSE(answer.header("CONTENT-LENGTH").empty());
  CHECK(w.request("GET", "/nowhere").status == 404);
}

TEST_CASE("a world that ends lets go of coroutines that wait, and calls no handler", "[test_kit]") {
  const auto kept = std::make_shared<int>(0);
  int ends = 0;
  {
    world w;
    auto io = w.server(chat::options());
    io.on_connection([kept, &ends](cosio::socket user) -> cosio::task<> {
      user.on_disconnect([&ends](cosio::reason) { ++ends; });
      user.on("ask", [user, kept]() -> cosio::task<int> { co_return co_await user.emit_with_ack<int>("age?"); });
      co_await user.disconnected();
      *kept = 1;
    });
    auto ann = w.client();
    auto bob = w.client(cosio::test::transport::polling);
    ann.emit("ask");
    w.settle();
    CHECK(kept.use_count() > 3);
  }
  CHECK(kept.use_count() == 1);
  CHECK(*kept == 0);
  CHECK(ends == 0);
}

TEST_CASE("a world is closed in order, and handlers run to their ends", "[test_kit]") {
  world w;
  auto io = w.server();
  bool ended = false;
  io.on_connection([&](cosio::socket user) -> cosio::task<> {
    co_await user.disconnected();
    ended = true;
  });
  auto ann = w.client();
  w.close();
  CHECK(ended);
  CHECK_FALSE(ann.connected());
}

TEST_CASE("mistakes of a test are named with their remedy", "[test_kit]") {
  {
    world w;
    CHECK(has(said_by([&] { w.client(); }), "this world has no server: make one with w.server(options)"));
    CHECK(has(said_by([&] { world second; }), "there is another cosio::test::world"));
  }
  std::optional<cosio::test::client> late;
  {
    world w;
    auto io = w.server();
    CHECK_THROWS_AS(io.run(), cosio::error);
    late = w.client();
    CHECK(has(said_by([&] { w.advance(-1s); }), "time does not go back"));
    CHECK(has(said_by([&] { w.client({cosio::test::transport::polling, 5}); }), "eio is 5"));
  }
  CHECK(has(said_by([&] { late->emit("hi"); }), "the world of client 1 has gone"));
  CHECK(has(said_by([&] { late->take("hi"); }), "the world of client 1 has gone"));
}
