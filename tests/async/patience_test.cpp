// Waiting, but not for ever.

#include "async/patience.hpp"

#include <exception>
#include <memory>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

struct waiter {
  explicit waiter(world& w) {
    auto started = [this](std::shared_ptr<async::suspension> s) { waiting = std::move(s); };
    boost::asio::co_spawn(w.context(), async::wait_until(w.timers(), w.timers().now() + 10s, std::move(started)),
                          [this](std::exception_ptr e) { ended = e == nullptr; });
    w.settle();
  }
  std::shared_ptr<async::suspension> waiting;
  bool ended = false;
};

}  // namespace

TEST_CASE("a wait ends when the time is over", "[async][patience]") {
  world w;
  waiter one(w);
  w.advance(9'999ms);
  CHECK_FALSE(one.ended);
  w.advance(1ms);
  CHECK(one.ended);
}

TEST_CASE("a wait ends when somebody ends it, and the time does no harm afterwards", "[async][patience]") {
  world w;
  waiter one(w);
  one.waiting->end();
  w.settle();
  CHECK(one.ended);
  w.advance(20s);
  CHECK_FALSE(one.waiting->end());
}
