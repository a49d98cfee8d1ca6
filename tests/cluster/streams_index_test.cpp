// The broadcasts that a server has read: what it can hand out, and where it ends.

#include "cluster/streams_index.hpp"

#include "support/catch.hpp"

namespace cosio::test {
namespace {

using namespace std::chrono_literals;
using cluster::session_rooms;
using cluster::stream_id;
using cluster::streams_index;
using cluster::streams_index_limits;

std::shared_ptr<const cluster_message> to(std::vector<std::string> rooms, std::vector<std::string> except = {},
                                          const char* nsp = "/") {
  auto out = std::make_shared<cluster_message>(message_type::broadcast);
  out->nsp = nsp;
  out->to.everybody = rooms.empty();
  out->to.rooms = std::move(rooms);
  out->to.except = std::move(except);
  return out;
}

std::vector<std::string> missed(const streams_index& index, stream_id after, std::size_t bytes = 1'000'000) {
  const session_record record("p", "s", {"s", "red"}, nullptr, "");
  std::vector<kept_session::missed> events;
  if (!index.missed("/", session_rooms(record), after, bytes, events)) return {"too much"};
  std::vector<std::string> out;
  for (const auto& one : events) out.push_back(one.offset);
  return out;
}

using offsets = std::vector<std::string>;

}  // namespace

TEST_CASE("a session gets what is for its rooms, in order", "[cluster][streams_index]") {
  streams_index index({});
  CHECK_FALSE(index.covers(stream_id(0, 0)));
  index.begin(stream_id(5, 0));
  index.add(stream_id(6, 0), to({}), 1);
  index.add(stream_id(6, 1), to({"red", "blue"}), 1);
  index.add(stream_id(7, 0), to({"blue"}), 1);
  index.add(stream_id(7, 1), to({}, {"red"}), 1);
  index.add(stream_id(7, 2), to({"s"}), 1);
  index.add(stream_id(8, 0), to({}, {}, "/other"), 1);
  CHECK(missed(index, stream_id(5, 0)) == offsets{"6-0", "6-1", "7-2"});
  CHECK(missed(index, stream_id(6, 0)) == offsets{"6-1", "7-2"});
  CHECK(missed(index, stream_id(9, 0)).empty());
  CHECK(index.covers(stream_id(5, 0)));
  CHECK_FALSE(index.covers(stream_id(4, 9)));
  CHECK(index.knows(stream_id(7, 0)));
  CHECK_FALSE(index.knows(stream_id(7, 5)));
  CHECK_FALSE(index.knows(stream_id(5, 0)));
  CHECK(missed(index, stream_id(5, 0), 600) == offsets{"too much"});
}

TEST_CASE("the index has its limits: entries, bytes, age", "[cluster][streams_index]") {
  streams_index_limits limits;
  limits.max_entries = 2;
  streams_index few(limits);
  few.begin(stream_id(0, 0));
  for (std::uint64_t i = 1; i <= 3; ++i) few.add(stream_id(i, 0), to({}), 1);
  CHECK(few.size() == 2);
  CHECK(few.start() == stream_id(1, 0));
  CHECK(few.covers(stream_id(1, 0)));
  CHECK_FALSE(few.covers(stream_id(0, 9)));

  limits = {};
  limits.max_bytes = 2'000;
  streams_index small(limits);
  small.begin(stream_id(0, 0));
  for (std::uint64_t i = 1; i <= 3; ++i) small.add(stream_id(i, 0), to({}), 400);
  CHECK(small.size() == 2);
  CHECK(small.bytes() <= limits.max_bytes);

  limits = {};
  limits.max_age = 10ms;
  streams_index young(limits);
  young.begin(stream_id(0, 0));
  young.add(stream_id(100, 0), to({}), 1);
  young.add(stream_id(110, 0), to({}), 1);
  CHECK(young.size() == 2);
  young.add(stream_id(111, 0), to({}), 1);
  CHECK(young.size() == 2);
  CHECK(young.start() == stream_id(100, 0));
  young.begin(stream_id(500, 0));
  CHECK(young.size() == 0);
  CHECK(young.bytes() == 0);
}

TEST_CASE("an event that nobody can miss is none", "[cluster][streams_index]") {
  cluster_message message(message_type::broadcast);
  CHECK(cluster::can_be_missed(message));
  message.to.flags.is_volatile = true;
  CHECK_FALSE(cluster::can_be_missed(message));
  message = cluster_message(message_type::broadcast);
  message.request_id = "1";
  CHECK_FALSE(cluster::can_be_missed(message));
  CHECK_FALSE(cluster::can_be_missed(cluster_message(message_type::sockets_join)));
}

}  // namespace cosio::test
