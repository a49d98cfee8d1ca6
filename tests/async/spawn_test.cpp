// Coroutines that nobody awaits: what escapes them is reported.

#include "async/spawn.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/suspension.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/halt.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::test::captured_log;
using cosio::test::world;

namespace {

template <class E>
task<> throwing(E what) {
  throw what;
  co_return;
}

task<> cancelled() {
  throw boost::system::system_error(boost::asio::error::operation_aborted);
  co_return;
}

task<> count(std::shared_ptr<int> counter) {
  ++*counter;
  co_return;
}

}  // namespace

TEST_CASE("an exception that leaves a spawned coroutine reaches the log", "[async][spawn]") {
  world w;
  const captured_log log;
  async::spawn(w.context().get_executor(), "station", throwing(std::runtime_error("lost my way")));
  w.settle();
  const auto lines = log.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].level == log_level::error);
  CHECK(lines[0].component == "station");
  CHECK(lines[0].message.find("lost my way") != std::string::npos);
}

TEST_CASE("what is no std::exception is reported, too", "[async][spawn]") {
  world w;
  const captured_log log;
  async::spawn(w.context().get_executor(), "station", throwing(42));
  async::spawn(w.context().get_executor(), "station", throwing(error(errc::disconnected, "too late")));
  w.settle();
  CHECK(log.count(log_level::error, "unknown type") == 1);
  CHECK(log.count(log_level::error, "too late") == 1);
}

TEST_CASE("a cancelled coroutine is no news", "[async][spawn]") {
  world w;
  const captured_log log;
  async::spawn(w.context().get_executor(), "station", cancelled());
  w.settle();
  CHECK(log.count(log_level::error) == 0);
  CHECK(log.count(log_level::debug) == 1);
}

TEST_CASE("a coroutine that ends well leaves no line", "[async][spawn]") {
  world w;
  const captured_log log;
  const auto counter = std::make_shared<int>(0);
  async::spawn(w.context().get_executor(), "station", count(counter));
  CHECK(*counter == 0);
  w.settle();
  CHECK(*counter == 1);
  CHECK(log.lines().empty());
}

TEST_CASE("spawning on the running strand starts at once", "[async][spawn]") {
  world w;
  const async::strand own = w.make_strand();
  const auto counter = std::make_shared<int>(0);
  int seen = -1;
  boost::asio::post(own, [&] {
    async::spawn(own, "station", count(counter));
    seen = *counter;
  });
  w.settle();
  CHECK(seen == 1);
}

TEST_CASE("the application's own spawn reports under its name", "[async][spawn]") {
  world w;
  const captured_log log;
  cosio::spawn(w.context().get_executor(), throwing(std::logic_error("handler went wrong")));
  w.settle();
  REQUIRE(log.count(log_level::error, "handler went wrong") == 1);
  CHECK(log.lines().front().component == "application");
}

TEST_CASE("work aside is done at once, without an io_context to run", "[async][spawn]") {
  const auto counter = std::make_shared<int>(0);
  cosio::async::run_aside("test", count(counter));
  CHECK(*counter == 1);
  CHECK(counter.use_count() == 1);
  const captured_log log;
  cosio::async::run_aside("test", throwing(std::runtime_error("failed aside")));
  CHECK(log.count(log_level::error, "failed aside") == 1);
}

namespace {

task<> wait_and_count(std::shared_ptr<async::suspension>& waiting, std::shared_ptr<int> counter) {
  auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting = std::move(me); };
  co_await async::suspend(std::move(hand_out));
  ++*counter;
}

}  // namespace

TEST_CASE("work aside that waits does not go on, and whoever lets it may do so any time", "[async][spawn]") {
  const auto counter = std::make_shared<int>(0);
  std::shared_ptr<async::suspension> waiting;
  cosio::async::run_aside("test", wait_and_count(waiting, counter));
  REQUIRE(waiting);
  CHECK(waiting->end());
  CHECK(*counter == 0);
}

TEST_CASE("of coroutines that belong to no client so many run at once, and no more is begun", "[async][spawn]") {
  cosio::test::halt here;
  world w;
  const captured_log log;
  async::bounded_start few(2);
  const auto on = w.context().get_executor();
  CHECK(few.start(on, "station", here.wait()));
  CHECK(few.start(on, "station", here.wait()));
  w.settle();
  CHECK(here.size() == 2);
  const auto ran = std::make_shared<int>(0);
  CHECK_FALSE(few.start(on, "station", count(ran)));
  CHECK(few.start(on, "station", task<>()));  // a plain function, which has run
  w.settle();
  CHECK(*ran == 0);
  here.let_one_go(w);
  CHECK(few.start(on, "station", throwing(std::runtime_error("lost my way"))));
  w.settle();
  CHECK(log.count(log_level::error, "lost my way") == 1);
  CHECK(few.start(on, "station", count(ran)));  // the one that threw has made room
  w.settle();
  CHECK(*ran == 1);
  here.let_go(w);
}

TEST_CASE("of coroutines that threads begin at the same time as many are begun as may run", "[async][spawn]") {
  constexpr std::size_t most = 2;
  const auto counter = std::make_shared<int>(0);
  for (int round = 0; round < 200; ++round) {
    world w;  // nothing of it runs, so what is begun stays
    const auto on = w.context().get_executor();
    async::bounded_start few(most);
    std::atomic<int> ready{0};
    std::atomic<std::size_t> begun{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        ++ready;
        while (ready < 4) std::this_thread::yield();
        if (few.start(on, "station", count(counter))) ++begun;
      });
    for (std::thread& one : threads) one.join();
    CHECK(begun.load() == most);
  }
}
