// The table of everything that must happen by a certain time.

#include "async/deadlines.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace std::chrono_literals;
using cosio::async::deadline;
using cosio::async::deadlines;
using cosio::async::time_point;

namespace {

class entry final : public deadline {
 public:
  static std::shared_ptr<entry> make(std::function<void()> due) {
    auto made = std::make_shared<entry>(std::move(due));
    made->owned_by(made);
    return made;
  }
  explicit entry(std::function<void()> due) : due_(std::move(due)) {}
  void on_deadline() noexcept override { due_(); }

 private:
  std::function<void()> due_;
};

}  // namespace

TEST_CASE("manual time stands still until it is advanced", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  const time_point start = table.now();
  CHECK(table.now() == start);
  table.advance(1500ms);
  CHECK(table.now() == start + 1500ms);
  table.advance(0ms);
  CHECK(table.now() == start + 1500ms);
}

TEST_CASE("what is due happens in the order of its time, not in that of its arming", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  std::vector<std::pair<int, time_point>> happened;
  const time_point start = table.now();
  std::vector<std::shared_ptr<entry>> entries;
  for (const int ms : {30, 10, 50, 20, 40}) {
    entries.push_back(entry::make([&, ms] { happened.emplace_back(ms, table.now()); }));
    table.arm_after(*entries.back(), std::chrono::milliseconds(ms));
  }
  table.advance(9ms);
  CHECK(happened.empty());
  table.advance(1ms);
  CHECK(happened.size() == 1);
  table.advance(35ms);
  REQUIRE(happened.size() == 4);
  table.advance(1h);
  REQUIRE(happened.size() == 5);
  for (int i = 0; i < 5; ++i) {
    CHECK(happened[static_cast<std::size_t>(i)].first == 10 * (i + 1));
    // Each sees the time that it asked for, however far the clock was moved.
    CHECK(happened[static_cast<std::size_t>(i)].second == start + 10ms * (i + 1));
  }
}

TEST_CASE("entries with one deadline all happen, in the order of their arming", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  std::vector<int> happened;
  std::vector<std::shared_ptr<entry>> entries;
  for (int i = 0; i < 100; ++i) {
    entries.push_back(entry::make([&happened, i] { happened.push_back(i); }));
    table.arm_after(*entries.back(), 5ms);
  }
  table.advance(5ms);
  REQUIRE(happened.size() == 100);
  CHECK(std::is_sorted(happened.begin(), happened.end()));
}

TEST_CASE("arming again moves a deadline, sooner or later", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  const auto e = entry::make([&] { ++times; });
  table.arm_after(*e, 10ms);
  table.arm_after(*e, 100ms);
  table.advance(50ms);
  CHECK(times == 0);
  table.arm_after(*e, 5ms);
  table.advance(5ms);
  CHECK(times == 1);
  table.advance(1h);
  CHECK(times == 1);
}

TEST_CASE("a deadline in the past happens at the next advance", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  const auto e = entry::make([&] { ++times; });
  table.arm(*e, table.now() - 1h);
  CHECK(times == 0);
  table.advance(0ms);
  CHECK(times == 1);
}

TEST_CASE("a time that is too long to be counted is never over, and a negative one is over at once",
          "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int happened = 0;
  const auto forever = entry::make([&] { happened += 100; });
  const auto negative = entry::make([&] { ++happened; });
  for (int unit = 0; unit < 3; ++unit) {
    if (unit == 0) table.arm_after(*forever, std::chrono::hours::max());
    if (unit == 1) table.arm_after(*forever, std::chrono::milliseconds::max());
    if (unit == 2) table.arm_after(*forever, std::chrono::nanoseconds::max());
    table.arm_after(*negative, std::chrono::milliseconds::min());
    table.advance(std::chrono::hours(24 * 365 * 50));
    CHECK(happened == unit + 1);
  }
  CHECK(table.after(std::chrono::milliseconds::max()) == time_point::max());
  CHECK(table.after(std::chrono::milliseconds::min()) < table.now());
}

TEST_CASE("an entry may arm itself again when it happens", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  std::shared_ptr<entry> e;
  e = entry::make([&] {
    ++times;
    table.arm_after(*e, 10ms);
  });
  table.arm_after(*e, 10ms);
  table.advance(105ms);
  CHECK(times == 10);
  table.disarm(*e);
}

TEST_CASE("a disarmed entry does not happen, and may be disarmed again and armed again", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  const auto e = entry::make([&] { ++times; });
  table.disarm(*e);
  table.arm_after(*e, 10ms);
  table.disarm(*e);
  table.disarm(*e);
  table.advance(1h);
  CHECK(times == 0);
  table.arm_after(*e, 10ms);
  table.advance(10ms);
  CHECK(times == 1);
}

TEST_CASE("one entry may disarm another that is due at a later time", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  const auto second = entry::make([&] { ++times; });
  const auto first = entry::make([&] { table.disarm(*second); });
  table.arm_after(*first, 10ms);
  table.arm_after(*second, 11ms);
  table.advance(1h);
  CHECK(times == 0);
}

TEST_CASE("an entry that dies while it is armed leaves the table", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  auto dies = entry::make([&] { ++times; });
  const auto stays = entry::make([&] { times += 100; });
  table.arm_after(*dies, 10ms);
  table.arm_after(*stays, 10ms);
  dies.reset();
  table.advance(10ms);
  CHECK(times == 100);
}

TEST_CASE("an entry whose owner is gone does not happen", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  int times = 0;
  entry e([&] { ++times; });
  auto owner = std::make_shared<int>();
  e.owned_by(owner);
  table.arm_after(e, 10ms);
  owner.reset();
  table.advance(10ms);
  CHECK(times == 0);
}

TEST_CASE("an entry that is due keeps its owner alive until it has happened", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  bool happened = false;
  std::shared_ptr<entry> e;
  std::weak_ptr<entry> seen;
  e = entry::make([&] {
    e.reset();  // the table's own hold is the last one now
    happened = !seen.expired();
  });
  seen = e;
  table.arm_after(*e, 1ms);
  table.advance(1ms);
  CHECK(happened);
  CHECK(seen.expired());
}

TEST_CASE("entries may outlive the table, armed or not", "[async][deadlines]") {
  // The table's memory is overwritten when it is gone: whoever still touches it locks a mutex of garbage.
  alignas(deadlines) std::byte memory[sizeof(deadlines)];
  auto* const table = new (memory) deadlines(deadlines::manual_time{});
  auto armed = entry::make([] {});
  auto disarmed = entry::make([] {});
  auto happened = entry::make([] {});
  table->arm_after(*armed, 1h);
  table->arm_after(*disarmed, 1h);
  table->disarm(*disarmed);
  table->arm_after(*happened, 1ms);
  table->advance(1ms);
  table->~deadlines();
  std::memset(memory, 0xEE, sizeof memory);
  CHECK_NOTHROW(armed.reset());
  CHECK_NOTHROW(disarmed.reset());
  CHECK_NOTHROW(happened.reset());
}

TEST_CASE("real deadlines come from one timer, in order", "[async][deadlines]") {
  cosio::test::world w;
  deadlines table(w.context());
  std::vector<int> happened;
  const auto third = entry::make([&] { happened.push_back(3); });
  const auto first = entry::make([&] { happened.push_back(1); });
  const auto never = entry::make([&] { happened.push_back(99); });
  const auto second = entry::make([&] { happened.push_back(2); });
  const time_point start = table.now();
  table.arm_after(*third, 30ms);
  table.arm_after(*first, 10ms);
  table.arm_after(*never, 5ms);
  table.arm_after(*second, 20ms);
  table.disarm(*never);
  REQUIRE(w.run_until([&] { return happened.size() == 3; }));
  CHECK(happened == std::vector{1, 2, 3});
  CHECK(table.now() >= start + 30ms);
  table.stop();
}

TEST_CASE("an empty table does not keep the io_context running", "[async][deadlines]") {
  boost::asio::io_context context;
  deadlines table(context);
  bool happened = false;
  const auto one = entry::make([&] { happened = true; });
  auto two = entry::make([&] { happened = true; });
  table.arm_after(*one, 1h);
  table.arm_after(*two, 2h);
  table.disarm(*one);
  context.poll();
  CHECK_FALSE(context.stopped());
  two.reset();
  context.poll();
  CHECK(context.stopped());
  table.arm_after(*one, 1ms);
  context.restart();
  context.run();
  CHECK(happened);
}

TEST_CASE("a table that was stopped takes entries and lets nothing happen", "[async][deadlines]") {
  cosio::test::world w;
  deadlines table(w.context());
  bool happened = false;
  const auto before = entry::make([&] { happened = true; });
  const auto after = entry::make([&] { happened = true; });
  table.arm_after(*before, 0ms);
  table.stop();
  table.arm_after(*after, 0ms);
  w.settle();
  CHECK_FALSE(happened);
}

TEST_CASE("threads arm, disarm and drop entries while time passes", "[async][deadlines]") {
  deadlines table(deadlines::manual_time{});
  std::atomic<int> happened{0};
  std::atomic<bool> done{false};
  std::thread clock([&] {
    while (!done) table.advance(1ms);
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto e = entry::make([&] { ++happened; });
        table.arm_after(*e, std::chrono::milliseconds(i % 3));
        if (i % 4 == 0) table.disarm(*e);
        if (i % 5 == 0) table.arm_after(*e, 1ms);
      }
    });
  for (auto& thread : threads) thread.join();
  const auto last = entry::make([&] { done = true; });
  table.arm_after(*last, 10ms);
  clock.join();
  CHECK(done);
}
