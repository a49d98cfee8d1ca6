// Frames waiting for one session: order, bytes, and who is let in.

#include "engine/outbox.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/catch.hpp"

using cosio::engine::frame;
using cosio::engine::outbox;
using cosio::engine::shared_frame;
using verdict = outbox::verdict;

namespace {

constexpr std::size_t no_limit = 1'000'000;

shared_frame of_size(std::size_t bytes) { return frame::raw(std::string(bytes, 'x')); }

verdict push(outbox& to, const shared_frame& one, std::size_t limit = no_limit) { return to.push({&one, 1}, limit); }

std::vector<shared_frame> take(outbox& from, std::size_t max) {
  std::vector<shared_frame> out;
  while (out.size() < max && !from.empty()) out.push_back(from.take_front());
  return out;
}

}  // namespace

TEST_CASE("a new outbox is empty", "[engine][outbox]") {
  outbox o;
  CHECK(o.empty());
  CHECK(o.bytes() == 0);
  CHECK(take(o, 10).empty());
}

TEST_CASE("frames come out in the order in which they went in", "[engine][outbox]") {
  outbox o;
  std::vector<shared_frame> frames;
  for (std::size_t i = 1; i <= 100; ++i) {
    frames.push_back(of_size(i));
    REQUIRE(push(o, frames.back()) == verdict::queued);
  }
  CHECK(o.front() == frames[0]);
  std::vector<shared_frame> taken;
  for (const std::size_t max : {1U, 2U, 30U, 64U, 64U}) {
    const auto some = take(o, max);
    CHECK(some.size() <= max);
    taken.insert(taken.end(), some.begin(), some.end());
    if (!o.empty()) CHECK(o.front() == frames[taken.size()]);
  }
  CHECK(taken == frames);
  CHECK(o.empty());
}

TEST_CASE("frames that are pushed while others are taken keep their place", "[engine][outbox]") {
  outbox o;
  std::size_t pushed = 0;
  std::size_t taken = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < round % 5; ++i) REQUIRE(push(o, of_size(++pushed)) == verdict::queued);
    for (const auto& f : take(o, static_cast<std::size_t>(round % 4))) {
      REQUIRE(f->size() == ++taken);
      o.sent(f->size());
    }
  }
  while (!o.empty())
    for (const auto& f : take(o, 7)) {
      REQUIRE(f->size() == ++taken);
      o.sent(f->size());
    }
  CHECK(taken == pushed);
  CHECK(o.bytes() == 0);
}

TEST_CASE("bytes count until they are sent, not until they are taken", "[engine][outbox]") {
  outbox o;
  push(o, of_size(100));
  push(o, of_size(50));
  CHECK(o.bytes() == 150);
  take(o, 1);
  CHECK(o.bytes() == 150);
  o.sent(100);
  CHECK(o.bytes() == 50);
  take(o, 1);
  CHECK(o.empty());
  CHECK(o.bytes() == 50);
  o.sent(50);
  CHECK(o.bytes() == 0);
}

TEST_CASE("exactly the limit may wait, one byte more may not", "[engine][outbox]") {
  outbox o;
  CHECK(push(o, of_size(60), 100) == verdict::queued);
  CHECK(push(o, of_size(41), 100) == verdict::over_limit);
  CHECK(o.bytes() == 60);
  CHECK(push(o, of_size(40), 100) == verdict::queued);
  CHECK(push(o, of_size(1), 100) == verdict::over_limit);
  CHECK(o.bytes() == 100);
  CHECK(take(o, 10).size() == 2);
}

TEST_CASE("what is being written counts against the limit", "[engine][outbox]") {
  outbox o;
  push(o, of_size(100), 100);
  take(o, 1);
  CHECK(push(o, of_size(1), 100) == verdict::over_limit);
  o.sent(100);
  CHECK(push(o, of_size(1), 100) == verdict::queued);
}

TEST_CASE("a single frame beyond the limit fits when nothing waits", "[engine][outbox]") {
  outbox o;
  CHECK(push(o, of_size(500), 100) == verdict::queued);
  CHECK(push(o, of_size(1), 100) == verdict::over_limit);
}

TEST_CASE("frames that belong together are taken in together or not at all", "[engine][outbox]") {
  outbox o;
  push(o, of_size(50), 100);
  const std::array<shared_frame, 3> three = {of_size(20), of_size(20), of_size(20)};
  CHECK(o.push(three, 100) == verdict::over_limit);
  CHECK(o.bytes() == 50);
  CHECK(o.push(three, 110) == verdict::queued);
  CHECK(take(o, 10).size() == 4);
}

TEST_CASE("clearing forgets what was not taken, and leaves the rest to be sent", "[engine][outbox]") {
  outbox o;
  push(o, of_size(100));
  push(o, of_size(50));
  push(o, of_size(25));
  take(o, 1);
  o.clear();
  CHECK(o.empty());
  CHECK(o.bytes() == 100);
  CHECK(take(o, 10).empty());
  o.sent(100);
  CHECK(o.bytes() == 0);
  CHECK(push(o, of_size(1)) == verdict::queued);
  CHECK(take(o, 10).size() == 1);
}

TEST_CASE("an outbox lets go of the frames that were taken or cleared", "[engine][outbox]") {
  outbox o;
  const auto one = of_size(10);
  const auto two = of_size(10);
  push(o, one);
  push(o, two);
  take(o, 1);
  CHECK(one.use_count() == 1);
  CHECK(two.use_count() == 2);
  o.clear();
  CHECK(two.use_count() == 1);
}

TEST_CASE("what goes first goes before all that waits, and counts", "[engine][outbox]") {
  outbox o;
  const auto a = of_size(10);
  const auto b = of_size(20);
  const auto first = of_size(3);
  push(o, a);
  push(o, b);
  SECTION("when nothing was taken") {
    o.push_front(first);
    CHECK(o.bytes() == 33);
    CHECK(take(o, 10) == std::vector{first, a, b});
  }
  SECTION("when some were") {
    CHECK(take(o, 1) == std::vector{a});
    o.push_front(first);
    CHECK(take(o, 10) == std::vector{first, b});
    CHECK(o.bytes() == 33);  // until they are sent
  }
  SECTION("when nothing waits") {
    CHECK(take(o, 2).size() == 2);
    o.push_front(first);
    CHECK(o.front() == first);
  }
}
