// Pings and their deadlines: which side pings, and by when the other must have answered.

#include "engine/heartbeat.hpp"

#include <algorithm>
#include <chrono>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using cosio::engine::heartbeat;
using cosio::wire::revision;
using action = heartbeat::action;

namespace {

constexpr auto interval = 25s;
constexpr auto timeout = 20s;
const heartbeat::time_point opened{1000s};

heartbeat make(revision rev) { return heartbeat(rev, interval, timeout, opened); }

}  // namespace

TEST_CASE("revision 4: the first ping is due an interval after the opening", "[engine][heartbeat]") {  // edge 122
  heartbeat h = make(revision::v4);
  CHECK(h.next() == opened + interval);
  CHECK(h.due(opened) == action::nothing);
  CHECK(h.due(opened + interval - 1ns) == action::nothing);
  CHECK(h.due(opened + interval) == action::send_ping);
}

TEST_CASE("intervals without end are no intervals that are over", "[engine][heartbeat]") {
  using std::chrono::milliseconds;
  for (const revision rev : {revision::v3, revision::v4}) {
    heartbeat never(rev, milliseconds::max(), milliseconds::max(), opened);
    CHECK(never.due(opened + 24h * 40) == action::nothing);
    never.on_ping(opened);
    CHECK(never.due(opened + 24h * 40) == action::nothing);
  }
  heartbeat negative(revision::v4, milliseconds::min(), timeout, opened);
  CHECK(negative.due(opened) == action::send_ping);
}

TEST_CASE("revision 4: each pong starts the next interval", "[engine][heartbeat]") {  // edge 122
  heartbeat h = make(revision::v4);
  auto now = opened;
  for (int round = 0; round < 5; ++round) {
    now += interval;
    REQUIRE(h.due(now) == action::send_ping);
    CHECK(h.next() == now + timeout);
    now += 3s;
    h.on_pong(now);
    CHECK(h.next() == now + interval);
    CHECK(h.due(now) == action::nothing);
  }
}

TEST_CASE("revision 4: without a pong it is given up a timeout after the ping",
          "[engine][heartbeat]") {  // edge 123
  heartbeat h = make(revision::v4);
  const auto pinged = opened + interval;
  REQUIRE(h.due(pinged) == action::send_ping);
  CHECK(h.next() == pinged + timeout);
  CHECK(h.due(pinged) == action::nothing);
  CHECK(h.due(pinged + timeout - 1ns) == action::nothing);
  CHECK(h.due(pinged + timeout) == action::close);
}

TEST_CASE("revision 4: a ping that goes out late still has its whole timeout", "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  const auto late = opened + interval + 10s;
  REQUIRE(h.due(late) == action::send_ping);
  CHECK(h.due(late + timeout - 1ns) == action::nothing);
  CHECK(h.due(late + timeout) == action::close);
}

TEST_CASE("revision 4: another packet while a pong is due extends the time, once",
          "[engine][heartbeat]") {  // edge 124
  heartbeat h = make(revision::v4);
  const auto pinged = opened + interval;
  REQUIRE(h.due(pinged) == action::send_ping);
  h.on_other_packet(pinged + 15s);
  CHECK(h.next() == pinged + 15s + timeout);
  h.on_other_packet(pinged + 30s);
  CHECK(h.next() == pinged + 15s + timeout);
  CHECK(h.due(pinged + timeout) == action::nothing);
  CHECK(h.due(pinged + 15s + timeout) == action::close);
}

TEST_CASE("revision 4: the extension can be had again after the next ping", "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  auto now = opened;
  for (int round = 0; round < 3; ++round) {
    now = h.next();
    REQUIRE(h.due(now) == action::send_ping);
    h.on_other_packet(now + 10s);
    CHECK(h.next() == now + 10s + timeout);
    h.on_pong(now + 29s);
    CHECK(h.next() == now + timeout * 3 / 4 + interval);
  }
}

TEST_CASE("revision 4: a late pong does not delay the next ping beyond the time in which the client expects it",
          "[engine][heartbeat]") {
  for (const auto late : {14s, 15s, 16s, 20s, 38s}) {
    heartbeat h = make(revision::v4);
    const auto pinged = opened + interval;
    REQUIRE(h.due(pinged) == action::send_ping);
    h.on_other_packet(pinged + 13s);
    h.on_pong(pinged + late);
    CHECK(h.next() == pinged + std::min<std::chrono::seconds>(late, 15s) + interval);
    h.on_pong(pinged + late + 1s);  // unsolicited
    CHECK(h.next() == pinged + std::min<std::chrono::seconds>(late + 1s, timeout) + interval);
  }
}

TEST_CASE("revision 4: other packets while no pong is due change nothing", "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  h.on_other_packet(opened + 10s);
  CHECK(h.next() == opened + interval);
  REQUIRE(h.due(opened + interval) == action::send_ping);
  h.on_pong(opened + interval);
  h.on_other_packet(opened + interval + 1s);
  CHECK(h.next() == opened + 2 * interval);
}

TEST_CASE("revision 4: an unsolicited pong starts the interval anew", "[engine][heartbeat]") {  // edge 76
  heartbeat h = make(revision::v4);
  h.on_pong(opened + 20s);
  CHECK(h.next() == opened + 20s + interval);
  CHECK(h.due(opened + interval) == action::nothing);
  CHECK(h.due(opened + 20s + interval) == action::send_ping);
}

TEST_CASE("revision 4: an upgrade keeps an outstanding ping, with a fresh timeout",
          "[engine][heartbeat]") {  // edge 128
  heartbeat h = make(revision::v4);
  const auto pinged = opened + interval;
  REQUIRE(h.due(pinged) == action::send_ping);
  h.on_upgrade(pinged + 5s);
  CHECK(h.next() == pinged + 5s + timeout);
  CHECK(h.due(pinged + 5s + timeout) == action::close);
}

TEST_CASE("revision 4: an upgrade without an outstanding ping changes nothing", "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  h.on_upgrade(opened + 5s);
  CHECK(h.next() == opened + interval);
  CHECK(h.due(opened + interval) == action::send_ping);
}

TEST_CASE("revision 4: where a pong may be unread the next ping goes out at its deadline, and its time starts again",
          "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  auto pinged = opened + interval;
  REQUIRE(h.due(pinged) == action::send_ping);
  for (int round = 0; round < 5; ++round) {
    for (const auto after : {1s, 5s, 19s}) h.on_unread(pinged + after);
    CHECK(h.next() == pinged + timeout);
    CHECK(h.due(pinged + timeout - 1ns) == action::nothing);
    REQUIRE(h.due(pinged + timeout) == action::send_ping);
    pinged += timeout;
  }
  h.on_pong(pinged + 1s);
  CHECK(h.next() == pinged + 1s + interval);
}

TEST_CASE("revision 4: a deadline that is over when the pong may be unread makes the next ping due at once",
          "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  const auto pinged = opened + interval;
  REQUIRE(h.due(pinged) == action::send_ping);
  const auto late = pinged + timeout + 1s;
  h.on_unread(late);
  CHECK(h.next() == late);
  CHECK(h.due(late) == action::send_ping);
  CHECK(h.due(late + timeout) == action::close);
}

TEST_CASE("revision 4: unread input changes nothing while no pong is due", "[engine][heartbeat]") {
  heartbeat h = make(revision::v4);
  h.on_unread(opened + 5s);
  CHECK(h.next() == opened + interval);
  REQUIRE(h.due(opened + interval) == action::send_ping);
  h.on_pong(opened + interval + 2s);
  h.on_unread(opened + interval + 3s);
  CHECK(h.next() == opened + 2 * interval + 2s);
}

TEST_CASE("revision 3: where a ping may be unread the client's time starts again", "[engine][heartbeat]") {
  heartbeat h = make(revision::v3);
  h.on_unread(opened + 10s);
  CHECK(h.next() == opened + 10s + interval + timeout);
}

TEST_CASE("revision 3: the client must ping within interval and timeout together",
          "[engine][heartbeat]") {  // edge 102
  heartbeat h = make(revision::v3);
  CHECK(h.next() == opened + interval + timeout);
  CHECK(h.due(opened + interval) == action::nothing);
  CHECK(h.due(opened + interval + timeout - 1ns) == action::nothing);
  CHECK(h.due(opened + interval + timeout) == action::close);
}

TEST_CASE("revision 3: each ping starts the time anew, and the server never pings", "[engine][heartbeat]") {
  heartbeat h = make(revision::v3);
  auto now = opened;
  for (int round = 0; round < 5; ++round) {
    now += 44s;
    CHECK(h.due(now) == action::nothing);
    h.on_ping(now);
    CHECK(h.next() == now + interval + timeout);
  }
}

TEST_CASE("revision 3: other packets do not keep a session alive", "[engine][heartbeat]") {  // edge 102
  heartbeat h = make(revision::v3);
  for (auto now = opened; now < opened + interval + timeout; now += 100ms) h.on_other_packet(now);
  CHECK(h.next() == opened + interval + timeout);
  CHECK(h.due(opened + interval + timeout) == action::close);
}

TEST_CASE("revision 3: after an upgrade silence still ends the session", "[engine][heartbeat]") {  // edge 127
  heartbeat h = make(revision::v3);
  h.on_upgrade(opened + 10s);
  CHECK(h.next() == opened + 10s + interval + timeout);
  CHECK(h.due(opened + 10s + interval + timeout) == action::close);
}
