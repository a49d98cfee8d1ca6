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

constexpr std::size_t no_limit = 0;
constexpr std::size_t overhead = frame::overhead;

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
      o.sent(f->size(), 1);
    }
  }
  while (!o.empty())
    for (const auto& f : take(o, 7)) {
      REQUIRE(f->size() == ++taken);
      o.sent(f->size(), 1);
    }
  CHECK(taken == pushed);
  CHECK(o.bytes() == 0);
}

TEST_CASE("frames count until they are sent, not until they are taken", "[engine][outbox]") {
  outbox o;
  push(o, of_size(100));
  push(o, of_size(50));
  CHECK(o.bytes() == 150);
  CHECK(o.cost() == 150 + 2 * overhead);
  take(o, 1);
  CHECK(o.bytes() == 150);
  o.sent(100, 1);
  CHECK(o.bytes() == 50);
  take(o, 1);
  CHECK(o.empty());
  CHECK(o.bytes() == 50);
  CHECK(o.cost() == 50 + overhead);
  o.sent(50, 1);
  CHECK(o.bytes() == 0);
  CHECK(o.cost() == 0);
}

TEST_CASE("exactly the limit may wait, one byte more may not", "[engine][outbox]") {
  constexpr std::size_t limit = 100 + 2 * overhead;
  outbox o;
  CHECK(push(o, of_size(60), limit) == verdict::queued);
  CHECK(push(o, of_size(41), limit) == verdict::over_limit);
  CHECK(o.bytes() == 60);
  CHECK(push(o, of_size(40), limit) == verdict::queued);
  CHECK(push(o, of_size(0), limit) == verdict::over_limit);
  CHECK(o.bytes() == 100);
  CHECK(o.is_within(limit));
  CHECK_FALSE(o.is_within(limit - 1));
  CHECK(take(o, 10).size() == 2);
}

TEST_CASE("an empty frame costs what is around it", "[engine][outbox]") {
  outbox o;
  std::size_t frames = 0;
  while (push(o, of_size(0), 100 * overhead) == verdict::queued) ++frames;
  CHECK(frames == 100);
}

TEST_CASE("frames that are being written count against the limit", "[engine][outbox]") {
  constexpr std::size_t limit = 100 + overhead;
  outbox o;
  push(o, of_size(100), limit);
  take(o, 1);
  CHECK(push(o, of_size(1), limit) == verdict::over_limit);
  o.sent(100, 1);
  CHECK(push(o, of_size(1), limit) == verdict::queued);
}

TEST_CASE("a packet beyond the limit fits while no more than the limit waits, and does not count", "[engine][outbox]") {
  constexpr std::size_t limit = 1'000;
  outbox o;
  push(o, of_size(500), limit);
  CHECK(push(o, of_size(5'000), limit) == verdict::queued);
  CHECK(o.limited_cost() == 500 + overhead);
  CHECK(push(o, of_size(100), limit) == verdict::queued);
  CHECK(push(o, of_size(100), limit) == verdict::over_limit);
  CHECK(push(o, of_size(5'000), limit) == verdict::over_limit);  // a second one
  take(o, 10);
  o.sent(5'600, 3);
  CHECK(o.limited_cost() == 0);
  CHECK(push(o, of_size(5'000), limit) == verdict::queued);
}

TEST_CASE("what waits behind a packet beyond the limit counts as soon as that has left", "[engine][outbox]") {
  constexpr std::size_t limit = 1'000;
  outbox o;
  push(o, of_size(100), limit);
  CHECK(push(o, of_size(5'000), limit) == verdict::queued);
  CHECK(push(o, of_size(300), limit) == verdict::queued);
  o.push_front(frame::text(cosio::wire::packet_type::ping, {}));
  take(o, 10);
  o.sent(101 + 5'000, 3);
  CHECK(o.limited_cost() == o.cost());
  CHECK(push(o, of_size(400), limit) == verdict::over_limit);
  CHECK(push(o, of_size(100), limit) == verdict::queued);
}

TEST_CASE("a packet that repeats its bytes beyond the limit is too large, whatever waits", "[engine][outbox]") {
  const cosio::binary bytes(std::string(1'000, 'b'));
  const auto frames_of = [](const std::vector<cosio::binary>& parts) {
    std::vector<shared_frame> out = {of_size(10)};
    for (const auto& part : parts) out.push_back(frame::binary(cosio::wire::revision::v4, part));
    return out;
  };
  outbox o;
  const bool waits = GENERATE(false, true);
  if (waits) push(o, of_size(10), 4'000);
  const std::size_t before = o.cost();
  CHECK(o.push(frames_of(std::vector(10, bytes)), 4'000) == verdict::too_large);
  CHECK(o.cost() == before);
  CHECK(o.push(frames_of(std::vector(4, bytes)), 4'000) == verdict::queued);  // three repetitions
  CHECK(o.limited_cost() <= 4'000);
  o.clear();
  std::vector<cosio::binary> different;
  for (int i = 0; i < 10; ++i) different.emplace_back(std::string(1'000, 'b'));
  CHECK(o.push(frames_of(different), 4'000) == verdict::queued);  // the application has them in memory anyway
}

TEST_CASE("frames that belong together are taken in together or not at all", "[engine][outbox]") {
  outbox o;
  push(o, of_size(50), 1'000);
  const std::array<shared_frame, 3> three = {of_size(20), of_size(20), of_size(20)};
  CHECK(o.push(three, 109 + 4 * overhead) == verdict::over_limit);
  CHECK(o.bytes() == 50);
  CHECK(o.push(three, 110 + 4 * overhead) == verdict::queued);
  CHECK(take(o, 10).size() == 4);
}

TEST_CASE("a queue that never runs empty keeps no slots of frames that have left", "[engine][outbox]") {
  outbox o;
  for (int i = 0; i < 100; ++i) push(o, of_size(10));
  const shared_frame one = of_size(10);
  std::size_t most = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    push(o, one);
    o.take_front();
    o.sent(10, 1);
    most = std::max(most, o.slots());
  }
  CHECK(o.bytes() == 1'000);
  CHECK(most <= 400);
}

TEST_CASE("one write takes so many bytes and no more, but always one frame", "[engine][outbox]") {
  constexpr std::size_t most = outbox::max_batch_bytes;
  outbox o;
  for (const std::size_t size : {most / 2, most / 2, std::size_t{1}, most * 3, std::size_t{1}}) push(o, of_size(size));
  const auto next = [&o] {
    cosio::engine::frame_batch batch;
    o.take(batch);
    return batch.size();
  };
  CHECK(next() == 2);
  CHECK(next() == 1);
  CHECK(next() == 1);
  CHECK(next() == 1);
  CHECK(o.empty());
}

TEST_CASE("of pings and pongs in front one of each kind waits", "[engine][outbox]") {
  const auto ping = frame::text(cosio::wire::packet_type::ping, {});
  const auto pong_of = [](std::string_view data) { return frame::control(cosio::wire::opcode::pong, data); };
  outbox o;
  push(o, of_size(50));
  for (int i = 0; i < 1'000; ++i) {
    o.push_front(pong_of(std::string(static_cast<std::size_t>(i % 100), 'p')));
    o.push_front(ping);
  }
  o.push_front(pong_of("last"));
  CHECK(o.cost() == 50 + ping->size() + pong_of("last")->size() + 3 * overhead);
  const auto all = take(o, 10);
  REQUIRE(all.size() == 3);
  CHECK(all[0] == ping);
  CHECK(all[1]->size() == pong_of("last")->size());
  CHECK(all[2]->size() == 50);
  o.sent(all[0]->size() + all[1]->size() + 50, 3);
  CHECK(o.cost() == 0);
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
  o.sent(100, 1);
  CHECK(o.cost() == 0);
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
  const auto first = frame::text(cosio::wire::packet_type::ping, {});  // three bytes
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
