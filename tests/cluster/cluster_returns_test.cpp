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
