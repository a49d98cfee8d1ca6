// Sessions that are coming back: who is held and how long, and which events of the stream they may do without.

#include "cluster/cluster_returns.hpp"

#include "support/catch.hpp"

namespace cosio::test {
namespace {

using cluster::cluster_returns;
using namespace std::chrono_literals;

const cluster_returns::time_point begun{1h};

std::vector<kept_session::missed> missed(std::size_t bytes, int events = 1) {
  std::vector<kept_session::missed> out;
  for (int i = 0; i < events; ++i) {
    kept_session::missed one;
    one.message.event = event_data("[\"" + std::string(bytes / static_cast<std::size_t>(events), 'x') + "\"]", {});
    out.push_back(std::move(one));
  }
  return out;
}

cluster_returns::session_ptr begin(cluster_returns& in, const std::string& pid,
                                   cluster_returns::time_point now = begun) {
  return in.begin(pid, now, now + 10s);
}

}  // namespace

TEST_CASE("a session that nobody admits is given up when its time is over", "[cluster][cluster_returns]") {
  cluster_returns returns;
  const auto a = begin(returns, "a");
  REQUIRE(returns.hold("a", a, "one", {}, "1", begun));
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
  const auto a = begin(returns, "a");
  REQUIRE(returns.hold("a", a, "one", {}, "1", begun));
  returns.end_of_socket("two");
  CHECK(returns.find("a"));
  returns.end_of_socket("one");
  CHECK_FALSE(returns.find("a"));
  // An earlier session of the same socket does not end the one that came after it.
  REQUIRE(returns.hold("b", begin(returns, "b"), "one", {}, "1", begun));
  REQUIRE(returns.hold("c", begin(returns, "c"), "one", {}, "1", begun));
  returns.end("b");
  returns.end_of_socket("one");
  CHECK_FALSE(returns.find("c"));
}

TEST_CASE("a client that takes nothing makes room for others that wait", "[cluster][cluster_returns]") {
  cluster_returns returns;
  std::vector<cluster_returns::session_ptr> all;
  for (int i = 0; i < 25; ++i) {
    const std::string pid = "p" + std::to_string(i);
    all.push_back(returns.begin(pid, begun, begun + 100s));
    REQUIRE(returns.has_room(missed(10'000'000, 2), begun));
    REQUIRE(returns.hold(pid, all.back(), "of " + pid, missed(10'000'000, 2), "1", begun));
  }
  const auto more = missed(10'000'000);
  CHECK_FALSE(returns.has_room(more, begun + 4s));
  // A client that goes on stays. What it has taken makes room, too.
  for (std::size_t i = 1; i < 25; ++i)
    REQUIRE(returns.next_missed("p" + std::to_string(i), all[i], begun + 4s).has_value());
  CHECK(returns.has_room(missed(100'000'000), begun + 4s));
  const auto much = missed(135'000'000);
  CHECK_FALSE(returns.has_room(much, begun + 4s));
  CHECK(returns.has_room(much, begun + 5s));
  CHECK_FALSE(returns.find("p0"));
  CHECK(all[0]->events.empty());  // it costs nothing any more, whoever has it
  CHECK_FALSE(returns.next_missed("p0", all[0], begun + 5s).has_value());
  for (std::size_t i = 1; i < 25; ++i) CHECK(returns.find("p" + std::to_string(i)) == all[i]);
  CHECK(returns.next_missed("p1", all[1], begun + 6s).has_value());
}

TEST_CASE("little that was missed has room beside much", "[cluster][cluster_returns]") {
  cluster_returns returns;
  REQUIRE(returns.hold("a", begin(returns, "a"), "one", missed(255'000'000), "1", begun));
  CHECK_FALSE(returns.has_room(missed(2'000'000), begun));
  REQUIRE(returns.has_room(missed(900'000), begun));
  int held = 0;
  for (; returns.has_room(missed(900'000), begun); ++held) {
    const std::string pid = std::to_string(held);
    REQUIRE(returns.hold(pid, begin(returns, pid), "of " + pid, missed(900'000), "1", begun));
  }
  CHECK(held > 50);
  CHECK(held < 100);
}

TEST_CASE("an attempt to come back does not end a later one", "[cluster][cluster_returns]") {
  cluster_returns returns;
  const auto early = begin(returns, "a");
  const auto late = begin(returns, "a");
  CHECK_FALSE(returns.hold("a", early, "one", missed(10), "1", begun));
  returns.end("a", early);
  CHECK(returns.find("a") == late);
  CHECK(returns.hold("a", late, "one", missed(10), "1", begun));
  returns.end("a", late);
  CHECK_FALSE(returns.find("a"));
}

}  // namespace cosio::test
