// Waiting with a time limit, or only for a time.

#include "async/wait_until.hpp"

#include <exception>
#include <memory>
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
