// Slots of a Redis Cluster.

#include "cluster/redis_slots.hpp"

#include <string>

#include "cluster/redis_peer.hpp"
#include "support/catch.hpp"

namespace cosio::test {
namespace {

using cluster::moved_to;
using cluster::redis_host;
using cluster::redis_slot;
using cluster::redis_slots;
using cluster::redis_value;

redis_value node(redis_value host, std::int64_t port) {
  std::vector<redis_value> items;
  items.push_back(std::move(host));
  items.emplace_back(port);
  return redis_value(std::move(items));
}

redis_value slots(std::int64_t first, std::int64_t last, redis_value host, std::int64_t port) {
  std::vector<redis_value> items;
  items.emplace_back(first);
  items.emplace_back(last);
  items.push_back(node(std::move(host), port));
  items.push_back(node(redis_value(std::string("replica")), 1));
  return redis_value(std::move(items));
}

redis_value text(const char* of) { return redis_value(std::string(of)); }

template <class... T>
redis_value list(T... items) {
  std::vector<redis_value> out;
  (out.push_back(std::move(items)), ...);
  return redis_value(std::move(out));
}

}  // namespace

// The first row is the check value of CRC16/XMODEM; the others are examples of the specification of Redis Cluster.
TEST_CASE("keys have the slots that Redis gives them", "[cluster][redis_slots]") {
  CHECK(redis_slot("123456789") == 0x31C3);
  CHECK(redis_slot("foo") == 12'182);
  CHECK(redis_slot("") == 0);
  CHECK(redis_slot("{user1000}.following") == redis_slot("user1000"));
  CHECK(redis_slot("{user1000}.following") == redis_slot("{user1000}.followers"));
  CHECK(redis_slot("foo{{bar}}zap") == redis_slot("{bar"));
  CHECK(redis_slot("foo{bar}{zap}") == redis_slot("bar"));
  CHECK(redis_slot("foo{}{bar}") != redis_slot("bar"));
  CHECK(redis_slot("foo{bar") != redis_slot("bar"));
}

TEST_CASE("the masters of slots are read", "[cluster][redis_slots]") {
  const redis_host asked("10.0.0.9", 7009);
  const auto read =
      redis_slots::read(list(slots(8'192, 16'383, text(""), 7001), slots(0, 5'000, text("10.0.0.1"), 7000),
                             slots(5'002, 8'191, text("10.0.0.1"), 7000)),
                        asked);
  REQUIRE(read);
  CHECK(read->masters() == std::set<redis_host>{{"10.0.0.1", 7000}, {"10.0.0.9", 7001}});
  REQUIRE(read->master_of(0) != nullptr);
  CHECK(*read->master_of(0) == redis_host("10.0.0.1", 7000));
  CHECK(*read->master_of(5'000) == redis_host("10.0.0.1", 7000));
  CHECK(read->master_of(5'001) == nullptr);
  CHECK(*read->master_of(8'191) == redis_host("10.0.0.1", 7000));
  CHECK(*read->master_of(16'383) == redis_host("10.0.0.9", 7001));
}

TEST_CASE("what is no table of slots is none", "[cluster][redis_slots]") {
  const redis_host asked("a", 1);
  const redis_value wrong[] = {redis_value(),
                               redis_value::failure("ERR This instance has cluster support disabled"),
                               list(),
                               list(text("x")),
                               list(slots(5, 4, text("a"), 1)),
                               list(slots(0, 16'384, text("a"), 1)),
                               list(slots(-1, 4, text("a"), 1)),
                               list(slots(0, 4, text("a"), 0)),
                               list(slots(0, 4, text("a"), 70'000)),
                               list(list(redis_value(std::int64_t(0)), redis_value(std::int64_t(1))))};
  for (const redis_value& one : wrong) CHECK_FALSE(redis_slots::read(one, asked));
}

TEST_CASE("an error names the master that has the slot", "[cluster][redis_slots]") {
  const redis_host asked("a", 1);
  CHECK(moved_to(redis_value::failure("MOVED 3999 127.0.0.1:6381"), asked) == redis_host("127.0.0.1", 6381));
  CHECK(moved_to(redis_value::failure("MOVED 3999 :6381"), asked) == redis_host("a", 6381));
  CHECK(moved_to(redis_value::failure("MOVED 3999 ::1:6381"), asked) == redis_host("::1", 6381));
  CHECK(moved_to(redis_value::failure("ASK 3999 127.0.0.1:6381"), asked) == redis_host("127.0.0.1", 6381));
  for (const char* other : {"ERR 3999 127.0.0.1:6381", "MOVED", "MOVED 3999", "MOVED 3999 a:x", "MOVED 3999 a:0"}) {
    CAPTURE(other);
    CHECK_FALSE(moved_to(redis_value::failure(other), asked));
  }
  CHECK_FALSE(moved_to(text("MOVED 3999 127.0.0.1:6381"), asked));
}

}  // namespace cosio::test
