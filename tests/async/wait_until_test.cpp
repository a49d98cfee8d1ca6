// Waiting with a time limit, or only for a time.

#include "async/wait_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

struct waiter {
  explicit waiter(world& w) {
    auto started = [this](std::weak_ptr<async::suspension> s) { waiting = std::move(s); };
    boost::asio::co_spawn(w.context(), async::wait_until(w.timers(), w.timers().now() + 10s, std::move(started)),
                          [this](std::exception_ptr e) { ended = e == nullptr; });
    w.settle();
  }
  std::weak_ptr<async::suspension> waiting;
  bool ended = false;
};

// Of a function that is called when a wait begins, and of the coroutine that waits.
struct beginning {
  std::atomic<const void*> running{nullptr};
  std::atomic<bool> ended{false};
  std::atomic<bool> destroyed_while_running{false};
};

// Does not return before the wait has ended, on another thread.
class slow_start {
 public:
  explicit slow_start(std::shared_ptr<beginning> of) : of_(std::move(of)) {}
  slow_start(slow_start&&) = default;
  ~slow_start() {
    if (of_ && of_->running == this) of_->destroyed_while_running = true;
  }
  void operator()(const std::weak_ptr<async::suspension>&) const {
    const auto seen = of_;
    seen->running = this;
    while (!seen->ended) std::this_thread::yield();
    seen->running = nullptr;
  }

 private:
  std::shared_ptr<beginning> of_;
};

}  // namespace

TEST_CASE("a wait ends when the time is over", "[async][wait_until]") {
  world w;
  waiter one(w);
  w.advance(9'999ms);
  CHECK_FALSE(one.ended);
  w.advance(1ms);
  CHECK(one.ended);
}

TEST_CASE("a wait ends when somebody ends it, and the time does no harm afterwards", "[async][wait_until]") {
  world w;
  waiter one(w);
  const auto waiting = one.waiting.lock();
  REQUIRE(waiting);
  CHECK(waiting->end());
  w.settle();
  CHECK(one.ended);
  w.advance(20s);
  CHECK_FALSE(waiting->end());
}

TEST_CASE("a wait that has ended leaves nothing behind", "[async][wait_until]") {
  world w;
  const waiter one(w);
  w.advance(10s);
  CHECK(one.ended);
  CHECK(one.waiting.expired());
}

TEST_CASE("a wait that nobody ends goes with its io_context", "[async][wait_until]") {
  auto w = std::make_unique<world>();
  const waiter one(*w);
  CHECK_FALSE(one.waiting.expired());
  w = nullptr;
  CHECK(one.waiting.expired());
  CHECK_FALSE(one.ended);
}

TEST_CASE("a wait that goes with its io_context may hold the clock it waits for", "[async][wait_until]") {
  boost::asio::io_context elsewhere;
  auto context = std::make_unique<boost::asio::io_context>();
  auto here = std::make_shared<async::runtime>(elsewhere, async::deadlines::manual_time{});
  const std::weak_ptr<async::runtime> seen = here;
  auto wait = [](std::shared_ptr<async::runtime> owned) -> task<> {
    auto nobody = [](const std::weak_ptr<async::suspension>&) {};
    auto& timers = owned->timers();
    co_await async::wait_until(timers, timers.now() + 10s, std::move(nobody));
  };
  boost::asio::co_spawn(*context, wait(std::exchange(here, nullptr)), [](std::exception_ptr) {});
  context->poll();
  CHECK_FALSE(seen.expired());
  context = nullptr;
  CHECK(seen.expired());
}

TEST_CASE("a wait may end on another thread while it begins", "[async][wait_until]") {
  boost::asio::io_context context;
  async::deadlines timers(context);
  const auto seen = std::make_shared<beginning>();
  boost::asio::co_spawn(context, async::wait_until(timers, timers.now(), slow_start(seen)),
                        [seen](std::exception_ptr) { seen->ended = true; });
  auto run = [&context] { context.run(); };
  std::thread other(run);
  context.run();
  other.join();
  timers.stop();
  CHECK(seen->ended);
  CHECK_FALSE(seen->destroyed_while_running);
}
