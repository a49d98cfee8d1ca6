// Sessions that are coming back: who is held and how long, and which events of the stream they may do without.

#include "cluster/cluster_returns.hpp"

#include "support/catch.hpp"

namespace cosio::test {
namespace {

using cluster::cluster_returns;
using namespace std::chrono_literals;

const cluster_returns::time_point begun{1h};

}  // namespace

TEST_CASE("a session that nobody admits is given up when its time is over", "[cluster][cluster_returns]") {
  cluster_returns returns;
  REQUIRE(returns.begin("a", begun, begun + 10s));
  REQUIRE(returns.hold("a", "one", {}, "1"));
  SECTION("another one begins") {
    REQUIRE(returns.begin("b", begun + 10s, begun + 20s));
    CHECK(returns.find("a"));
    REQUIRE(returns.begin("c", begun + 11s, begun + 21s));
    CHECK_FALSE(returns.find("a"));
    CHECK(returns.find("b"));
    REQUIRE(returns.begin("d", begun + 21s, begun + 31s));
    CHECK_FALSE(returns.find("b"));
    CHECK(returns.find("c"));
  }
  SECTION("another one needs room") {
    CHECK(returns.has_room({}, begun + 10s));
    CHECK(returns.wants_events());
    CHECK(returns.has_room({}, begun + 11s));
    CHECK_FALSE(returns.wants_events());
  }
}

TEST_CASE("events that were dropped are known by the last of their offsets", "[cluster][cluster_returns]") {
  cluster_returns returns;
  REQUIRE(returns.begin("a", begun, begun + 10s));
  for (int i = 1; i <= 5; ++i) {
    cluster::live_event one;
    one.offset = std::to_string(i);
    one.bytes = 10'000'000;
    returns.add(std::move(one), begun);
  }
  CHECK(returns.has_dropped(1));
  CHECK_FALSE(returns.has_dropped(2));
  CHECK(returns.dropped() == "2");
  REQUIRE(returns.events_from(0).size() == 3);
  CHECK(returns.events_from(0).front().offset == "3");
  CHECK(returns.events_from(4).size() == 1);
  returns.end("a");
  CHECK(returns.dropped().empty());
}

TEST_CASE("a session that was coming back ends with its socket", "[cluster][cluster_returns]") {
  cluster_returns returns;
  REQUIRE(returns.begin("a", begun, begun + 10s));
  REQUIRE(returns.hold("a", "one", {}, "1"));
  returns.end_of_socket("two");
  CHECK(returns.find("a"));
  returns.end_of_socket("one");
  CHECK_FALSE(returns.find("a"));
  // An earlier session of the same socket does not end the one that came after it.
  REQUIRE(returns.begin("b", begun, begun + 10s));
  REQUIRE(returns.hold("b", "one", {}, "1"));
  REQUIRE(returns.begin("c", begun, begun + 10s));
  REQUIRE(returns.hold("c", "one", {}, "1"));
  returns.end("b");
  returns.end_of_socket("one");
  CHECK_FALSE(returns.find("c"));
}

}  // namespace cosio::test
