// Counts of several threads are added up.

#include "base/counters.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace cosio::base;

TEST_CASE("a counter has what was added, and no other has", "[base][counters]") {
  counters c;
  c.add(counter::events);
  c.add(counter::bytes_in, 41);
  c.add(counter::bytes_in);
  CHECK(c.sum(counter::events) == 1);
  CHECK(c.sum(counter::bytes_in) == 42);
  for (std::size_t i = 0; i < static_cast<std::size_t>(counter::count); ++i) {
    const auto which = static_cast<counter>(i);
    if (which != counter::events && which != counter::bytes_in) CHECK(c.sum(which) == 0);
  }
}

TEST_CASE("more threads than stripes count together, and nothing is lost", "[base][counters]") {
  counters c;
  constexpr int threads = 3 * static_cast<int>(detail::stripes);
  constexpr int each = 2'000;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        c.add(counter::packets_in);
        c.add(counter::sockets);
        c.add(counter::packets_out, 2);
        c.subtract(counter::sockets);
      }
    });
  for (auto& t : all) t.join();
  CHECK(c.sum(counter::packets_in) == threads * each);
  CHECK(c.sum(counter::packets_out) == 2 * threads * each);
  CHECK(c.sum(counter::sockets) == 0);
}

TEST_CASE("what one thread counts up another may count down", "[base][counters]") {
  counters c;
  c.add(counter::sockets, 3);
  std::thread([&] { c.subtract(counter::sockets); }).join();
  CHECK(c.sum(counter::sockets) == 2);
}

TEST_CASE("a thread goes on where one before it has ended", "[base][counters]") {
  counters c;
  for (int i = 0; i < 200; ++i) std::thread([&] { c.add(counter::events); }).join();
  CHECK(c.sum(counter::events) == 200);
}

TEST_CASE("two servers count for themselves", "[base][counters]") {
  counters one;
  counters two;
  one.add(counter::events);
  CHECK(two.sum(counter::events) == 0);
}

TEST_CASE("every limit has a name of its own, and a counter", "[base][counters]") {
  std::set<std::string_view> names;
  counters c;
  for (std::size_t i = 0; i < static_cast<std::size_t>(limit::count); ++i) {
    const auto which = static_cast<limit>(i);
    CHECK_FALSE(to_string(which).empty());
    CHECK(names.insert(to_string(which)).second);
    c.hit(which);
    CHECK(c.sum(counter::limits + i) == 1);
  }
  CHECK(c.sum(counter::recovery_stored) == 0);  // the group behind
}
