// The log of connection state recovery: positions, sessions, limits. It has no clock: times are handed in.

#include "adapter/recovery_log.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;
using cosio::adapters::recovery_log;
using cosio::adapters::returning_session;
using cosio::adapters::stream_position;
using cosio::test::fake_packet;
using cosio::test::to;

namespace {

using names = std::vector<std::string>;
using time_point = recovery_log::time_point;

constexpr std::int64_t wall = 1'795'000'000'000;
constexpr time_point start{1h};

// A log whose events are named by their data, one a millisecond.
struct event_log {
  explicit event_log(const recovery_options& limits = {}) : log(limits, 65s, wall) {}

  std::string add(const std::string& name, const target& at, time_point now = start) {
    const stream_position place = log.next(++ms);
    log.append(place, std::make_shared<fake_packet>("[\"" + name + "\"]", std::nullopt, place.text()), at, now);
    return place.text();
  }
  void keep(std::string pid, names rooms, std::string since, time_point now = start, std::string resent = {}) {
    std::string id = "id of " + pid;
    log.keep(session_record(std::move(pid), std::move(id), std::move(rooms), {}, std::move(since), std::move(resent)),
             now);
  }
  // The packets that a session has missed; "lost" when some were removed.
  names missed(const session_record& who) const {
    names out;
    std::optional<stream_position> looked_at;
    for (;;) {
      const auto piece = log.missed(returning_session(who), looked_at);
      if (!piece) return {"lost"};
      for (const auto& packet : piece->packets) out.push_back(packet->data().json());
      if (piece->is_last) return out;
      looked_at = piece->at;
    }
  }
  names missed_by(const names& rooms, const std::string& since) const {
    return missed(session_record("pid", "id", rooms, {}, since));
  }

  recovery_log log;
  std::int64_t ms = wall;
};

}  // namespace

TEST_CASE("places in the stream of events are written as JavaScript servers write them, and read back",
          "[adapter][recovery_log]") {
  CHECK(stream_position(1795384749334, 0).text() == "Q85HIqM");
  CHECK(stream_position(63, 0).text() == "_");
  CHECK(stream_position(64, 0).text() == "10");
  CHECK(stream_position(64, 1).text() == "10.0");
  CHECK(stream_position(64, 65).text() == "10.10");
  for (const auto& place :
       {stream_position(wall), stream_position(wall, 1), stream_position(wall + 1, 100'000), stream_position(0)})
    CHECK(stream_position::parse(place.text()) == place);
}

TEST_CASE("text that is no place is refused", "[adapter][recovery_log]") {
  for (const char* text :
       {"", ".", "a.", ".a", "a.b.c", "a b", "abc!", "0a", "a.0b", "12345678901", "a.12345678901", "é"}) {
    CAPTURE(text);
    CHECK_FALSE(stream_position::parse(text));
  }
}

TEST_CASE("places only go forward, however the clock goes", "[adapter][recovery_log]") {
  recovery_log log({}, 65s, wall);
  stream_position last = log.last();
  for (const std::int64_t ms : {wall, wall, wall - 5'000, wall + 1, wall + 1, wall, wall + 2}) {
    const stream_position now = log.next(ms);
    CHECK(now > last);
    last = now;
  }
  CHECK(last == stream_position(wall + 2));
}

TEST_CASE("a session has missed what came after its place, for it, in order", "[adapter][recovery_log]") {
  event_log e;
  e.add("before", to({}));
  const std::string since = e.add("seen", to({}));
  e.add("all", to({}));
  e.add("room", to({"a"}));
  e.add("other room", to({"b"}));
  e.add("two rooms", to({"b", "a"}));
  e.add("itself", to({"id"}));
  CHECK(e.missed_by({"id", "a"}, since) == names{R"(["all"])", R"(["room"])", R"(["two rooms"])", R"(["itself"])"});
}

// edge 270
TEST_CASE("what excludes one of its rooms, a session has not missed", "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  e.add("but a", to({}, {"a"}));
  e.add("but itself", to({}, {"id"}));
  e.add("a but c", to({"a"}, {"c"}));
  CHECK(e.missed_by({"id", "a"}, since) == names{R"(["a but c"])"});
}

// edge 268
TEST_CASE("a place that was never given out is nothing to go on from", "[adapter][recovery_log]") {
  event_log e;
  e.add("one", to({}));
  const std::string two = e.add("two", to({}));
  CHECK(e.missed_by({"id"}, stream_position(wall - 1).text()) == names{"lost"});      // older than the log
  CHECK(e.missed_by({"id"}, stream_position(wall + 9'999).text()) == names{"lost"});  // in the future
  CHECK(e.missed_by({"id"}, stream_position(wall + 1, 7).text()) == names{"lost"});   // between two events
  CHECK(e.missed_by({"id"}, "no place") == names{"lost"});
  CHECK(e.missed_by({"id"}, two).empty());
}

// edge 272
TEST_CASE("a session is taken out once, and can be kept and taken again", "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  e.keep("p1", {"id", "a"}, "");
  const auto first = e.log.take("p1", since, start + 1s);
  REQUIRE(first);
  CHECK(first->id == "id of p1");
  CHECK(first->rooms == names{"id", "a"});
  CHECK(first->since == since);
  CHECK_FALSE(e.log.take("p1", since, start + 1s));
  e.keep("p1", {"id"}, "", start + 2s);
  CHECK(e.log.take("p1", since, start + 3s));
  CHECK_FALSE(e.log.take("p1", since, start + 3s));
  CHECK_FALSE(e.log.take("p2", since, start));
}

TEST_CASE("a wrong place costs the session", "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  e.keep("p1", {"id"}, "");
  CHECK_FALSE(e.log.take("p1", "no place", start));
  CHECK_FALSE(e.log.take("p1", since, start));
  CHECK(e.log.sessions() == 0);
}

TEST_CASE("a client that has received nothing goes on from where it joined", "[adapter][recovery_log]") {
  event_log e;
  const std::string joined = e.log.last().text();
  e.add("missed", to({}));
  e.keep("p1", {"id"}, joined);
  const auto back = e.log.take("p1", "", start);
  REQUIRE(back);
  CHECK(e.missed(*back) == names{R"(["missed"])"});
}

TEST_CASE("a client that begins anew keeps its old offset, and is not sent what was before its new socket",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string old = e.add("seen", to({}));
  e.add("before it joined", to({}));
  const std::string joined = e.log.last().text();
  e.add("missed", to({}));
  e.keep("p1", {"id"}, joined);
  const auto back = e.log.take("p1", old, start);
  REQUIRE(back);
  CHECK(e.missed(*back) == names{R"(["missed"])"});
}

TEST_CASE("what was sent again, did not arrive and is too old by now is not passed over in silence",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string seen = e.add("seen", to({}));
  e.keep("p1", {"id"}, seen);
  e.keep("p2", {"id"}, seen);
  const std::string missed = e.add("missed", to({}), start + 1s);
  for (const char* pid : {"p1", "p2"}) {
    const auto back = e.log.take(pid, seen, start + 2s);
    REQUIRE(back);
    CHECK(e.missed(*back) == names{R"(["missed"])"});
    e.log.admitted(pid);
    e.keep(pid, {"id"}, back->since, start + 67s, missed);  // cut off again, which was noticed 65 s later
  }
  e.log.trim(start + 187s);
  CHECK(e.log.packets() == 0);
  CHECK_FALSE(e.log.take("p1", seen, start + 187s));
  CHECK(e.log.take("p2", missed, start + 187s));  // it did arrive
}

TEST_CASE("what becomes too old while a session is on its way back is not passed over in silence",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string seen = e.add("seen", to({}));
  e.keep("p1", {"id"}, seen);
  e.add("missed", to({}), start + 1s);
  const auto back = e.log.take("p1", seen, start + 100s);
  REQUIRE(back);
  e.log.trim(start + 187s);
  CHECK(e.missed(*back) == names{"lost"});
}

TEST_CASE("a session lives as long as a client may be away", "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  e.keep("in time", {"id"}, since);
  e.keep("too late", {"id"}, since);
  CHECK(e.log.take("in time", since, start + 120s));
  CHECK_FALSE(e.log.take("too late", since, start + 120s + 1ms));
}

TEST_CASE("a client may be away for ever", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_disconnection_duration = std::chrono::milliseconds::max();
  event_log e(limits);
  const std::string since = e.add("seen", to({}));
  e.keep("away", {"id"}, since);
  e.add("missed", to({}), start + 1h);
  const auto back = e.log.take("away", since, start + 1'000h);
  REQUIRE(back);
  CHECK(e.missed(*back) == names{"[\"missed\"]"});
}

TEST_CASE("events live longer than sessions by the time in which nobody notices a dead connection",
          "[adapter][recovery_log]") {
  event_log e;
  e.add("old", to({}));
  e.keep("p1", {"id"}, "");
  CHECK(e.log.next_trim() == start + 120s);
  e.log.trim(start + 121s);
  CHECK(e.log.sessions() == 0);
  CHECK(e.log.packets() == 1);
  CHECK(e.log.next_trim() == start + 185s);
  e.log.trim(start + 186s);
  CHECK(e.log.packets() == 0);
  CHECK(e.log.bytes() == 0);
  CHECK_FALSE(e.log.next_trim());
}

TEST_CASE("a client whose last event went in time comes back: it has missed nothing of what went",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen long ago", to({}));
  e.add("for others", to({"b"}), start + 1s);
  e.log.trim(start + 10min);
  e.keep("p1", {"id"}, "", start + 10min);
  e.add("missed", to({}), start + 10min);
  const auto back = e.log.take("p1", since, start + 11min);
  REQUIRE(back);
  CHECK(e.missed(*back) == names{R"(["missed"])"});
}

TEST_CASE("what had to go early leaves a hole, which no session is led across", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_packets = 3;
  event_log e(limits);
  const std::string one = e.add("one", to({}));
  const std::string two = e.add("two", to({}));
  e.add("three", to({}));
  e.add("four", to({}));  // "one" goes
  CHECK(e.log.packets() == 3);
  CHECK(e.missed_by({"id"}, one) ==
        names{R"(["two"])", R"(["three"])", R"(["four"])"});  // nothing is missing behind it
  e.add("five", to({}));                                      // "two" goes
  CHECK(e.missed_by({"id"}, one) == names{"lost"});
  CHECK(e.missed_by({"id"}, two) == names{R"(["three"])", R"(["four"])", R"(["five"])"});
}

TEST_CASE("the log is bounded in bytes, rooms and attachments counted", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_bytes = 10'000;
  event_log e(limits);
  for (int i = 0; i < 100; ++i) e.add(std::string(700, 'x'), to({std::string(200, 'r')}));
  CHECK(e.log.bytes() <= 10'000);
  CHECK(e.log.packets() == 10'000 / (256 + 2 * 704 + 200));
}

TEST_CASE("an event above the limit is not kept, and leaves a hole", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_bytes = 1'000;
  event_log e(limits);
  const std::string since = e.add("seen", to({}));
  const std::string large = e.add(std::string(2'000, 'x'), to({}));
  CHECK(e.log.packets() == 0);
  CHECK(e.log.bytes() == 0);
  CHECK(e.missed_by({"id"}, since) == names{"lost"});
  CHECK(e.missed_by({"id"}, large).empty());
}

TEST_CASE("of too many sessions the oldest go", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_sessions = 2;
  event_log e(limits);
  const std::string since = e.add("seen", to({}));
  for (const char* pid : {"p1", "p2", "p3"}) e.keep(pid, {"id"}, since);
  CHECK(e.log.sessions() == 2);
  CHECK_FALSE(e.log.take("p1", since, start));
  CHECK(e.log.take("p2", since, start));
  CHECK(e.log.take("p3", since, start));
}

TEST_CASE("a client that comes and goes takes the place of no other session", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_sessions = 3;
  event_log e(limits);
  const std::string since = e.add("seen", to({}));
  e.keep("quiet", {"id"}, since);
  for (int round = 0; round < 100; ++round) {
    e.keep("flapping", {"id"}, since);
    REQUIRE(e.log.take("flapping", since, start));
    e.log.admitted("flapping");
  }
  CHECK(e.log.sessions() == 1);
  CHECK(e.log.take("quiet", since, start));
}

TEST_CASE("the rooms of sessions are bounded in bytes, the oldest sessions go", "[adapter][recovery_log]") {
  recovery_options limits;
  limits.max_bytes = 10'000;
  event_log e(limits);
  for (int i = 0; i < 20; ++i) e.keep("p" + std::to_string(i), {std::string(1'500, 'r')}, "");
  CHECK(e.log.sessions() == 4);
  CHECK_FALSE(e.log.take("p15", "", start));
  e.keep("too large", {std::string(20'000, 'r')}, "");
  CHECK(e.log.sessions() == 0);
}

TEST_CASE("a session that was taken and not admitted can be kept again, and its time goes on",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  e.keep("p1", {"id"}, since);
  for (const auto at : {start + 1s, start + 60s, start + 119s}) {
    const auto back = e.log.take("p1", since, at);
    REQUIRE(back);
    CHECK_FALSE(e.log.take("p1", since, at));  // nobody else gets it meanwhile
    e.keep("p1", back->rooms, back->since, at);
  }
  CHECK(e.log.sessions() == 1);
  CHECK_FALSE(e.log.take("p1", since, start + 121s));
}

TEST_CASE("a position that is reserved and never used is no hole", "[adapter][recovery_log]") {
  event_log e;
  const std::string seen = e.add("seen", to({}));
  const stream_position unused = e.log.next(++e.ms);
  CHECK(e.log.last().text() == seen);
  e.keep("p1", {"id"}, e.log.last().text());
  const std::string next = e.add("missed", to({}));
  CHECK(stream_position::parse(next) > unused);
  const auto back = e.log.take("p1", "", start);
  REQUIRE(back);
  CHECK(e.missed(*back) == names{R"(["missed"])"});
}

TEST_CASE("what was meant for one socket is for that alone, whatever rooms it and others are in",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  const stream_position at = e.log.next(++e.ms);
  e.log.append(at, std::make_shared<fake_packet>("[\"secret\"]"), std::string("ann"), start);
  const session_record ann("p1", "ann", {"lobby"}, {}, since);  // has left the room of its id
  const session_record ben("p2", "ben", {"ben", "ann"}, {}, since);
  CHECK(e.missed(ann) == names{R"(["secret"])"});
  CHECK(e.missed(ben).empty());
}

TEST_CASE("what was missed comes in pieces: bounded in events that are looked at, and in bytes",
          "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  for (int i = 0; i < 2'000; ++i) e.add("for others", to({"b"}));
  for (int i = 0; i < 5; ++i) e.add(std::string(200'000, 'x'), to({}));
  const session_record who("p1", "id", {"id"}, {}, since);
  std::optional<stream_position> looked_at;
  std::size_t pieces = 0;
  std::size_t packets = 0;
  for (bool last = false; !last; ++pieces) {
    const auto piece = e.log.missed(returning_session(who), looked_at);
    REQUIRE(piece);
    CHECK(piece->packets.size() <= 1);
    packets += piece->packets.size();
    looked_at = piece->at;
    last = piece->is_last;
  }
  CHECK(packets == 5);
  CHECK(pieces == 2 * 2'000 / 500 + 5);  // each event with the name of its room
}

TEST_CASE("an event for many rooms counts as many in a piece, for a session in many rooms", "[adapter][recovery_log]") {
  event_log e;
  const std::string since = e.add("seen", to({}));
  names rooms;
  for (int i = 0; i < 250; ++i) rooms.push_back("other " + std::to_string(i));
  names places;
  for (int i = 0; i < 10; ++i) places.push_back(e.add("for others", to(rooms)));
  const session_record who("p1", "id", {"id", "a"}, {}, since);
  const auto piece = e.log.missed(returning_session(who), {});
  REQUIRE(piece);
  CHECK_FALSE(piece->is_last);
  CHECK(piece->at.text() == places.at(1));
}
