// A deadline that calls a member function of its owner, on the owner's strand.

#include "async/posted_deadline.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace std::chrono_literals;
using cosio::test::world;
namespace async = cosio::async;

namespace {

class timed : public std::enable_shared_from_this<timed> {
 public:
  timed(world& w, int& told) : told_(told), strand_(w.make_strand()) {}
  const async::strand& strand() const noexcept { return strand_; }
  void on_time() {
    ++told_;
    on_its_strand = strand_.running_in_this_thread();
  }

  using limit = async::posted_deadline<timed, &timed::on_time>;
  bool on_its_strand = false;
  limit member;
  std::shared_ptr<limit> dropped_early;

 private:
  int& told_;
  const async::strand strand_;
};

// Drops the other's deadline while both are being fired.
class dropping final : public async::deadline {
 public:
  explicit dropping(timed& of) : of_(of) {}
  void on_deadline() override { of_.dropped_early = nullptr; }

 private:
  timed& of_;
};

}  // namespace

TEST_CASE("a posted deadline calls its owner once, on the owner's strand", "[async][posted_deadline]") {
  world w;
  int told = 0;
  const auto whose = std::make_shared<timed>(w, told);
  whose->member.owned_by(whose);
  w.timers().arm_after(whose->member, 10ms);
  w.timers().advance(10ms);
  CHECK(told == 0);  // posted, not called from inside
  w.settle();
  CHECK(told == 1);
  CHECK(whose->on_its_strand);
  w.advance(1h);
  CHECK(told == 1);
}

TEST_CASE("a posted deadline keeps its owner while the call is under way, and not before", "[async][posted_deadline]") {
  world w;
  int told = 0;
  auto whose = std::make_shared<timed>(w, told);
  const std::weak_ptr<timed> seen = whose;
  whose->member.owned_by(whose);
  w.timers().arm_after(whose->member, 10ms);
  CHECK(whose.use_count() == 1);
  w.timers().advance(10ms);
  whose = nullptr;
  CHECK_FALSE(seen.expired());
  w.settle();
  CHECK(told == 1);
  CHECK(seen.expired());
}

TEST_CASE("a posted deadline whose owner has gone calls nobody", "[async][posted_deadline]") {
  world w;
  int told = 0;
  auto whose = std::make_shared<timed>(w, told);
  const auto limit = timed::limit::make(whose);
  w.timers().arm_after(*limit, 10ms);
  whose = nullptr;
  w.advance(10ms);
  CHECK(told == 0);
}

TEST_CASE("an owner may drop its posted deadline while that is being fired", "[async][posted_deadline]") {
  world w;
  int told = 0;
  const auto whose = std::make_shared<timed>(w, told);
  const auto first = std::make_shared<dropping>(*whose);
  first->owned_by(first);
  whose->dropped_early = timed::limit::make(whose);
  w.timers().arm_after(*first, 10ms);
  w.timers().arm_after(*whose->dropped_early, 10ms);
  w.advance(10ms);
  CHECK_FALSE(whose->dropped_early);
  CHECK(told == 1);
}
