// Room <-> sockets, both ways.

#include "adapter/room_table.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "support/catch.hpp"

using namespace cosio;
using cosio::adapters::room_table;
using cosio::test::make_socket;
using cosio::test::to;

namespace {

using names = std::vector<std::string>;

// Whom a walk meets, sorted; a socket that is met twice is there twice.
names met(const room_table& table, const target& at) {
  names ids;
  table.walk(at, [&](const std::shared_ptr<local_socket>& s) { ids.push_back(s->id()); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Rooms with members, but for those that sockets have of their own.
names common_rooms(const room_table& table, const names& sockets) {
  names rooms = table.all_rooms();
  std::erase_if(rooms, [&](const std::string& room) { return std::ranges::count(sockets, room) != 0; });
  std::ranges::sort(rooms);
  return rooms;
}

names sorted_rooms(const room_table& table, const std::string& id) {
  names rooms = table.rooms_of(id);
  std::sort(rooms.begin(), rooms.end());
  return rooms;
}

}  // namespace

TEST_CASE("an empty room table knows nobody", "[adapter][room_table]") {
  const room_table table;
  CHECK(met(table, to({})).empty());
  CHECK(met(table, to({"a"})).empty());
  CHECK(table.rooms_of("a").empty());
  CHECK(table.all_rooms().empty());
}

TEST_CASE("a connected socket is found as everybody and in the room of its id", "[adapter][room_table]") {
  room_table table;
  table.connect(make_socket("s1"));
  table.connect(make_socket("s2"));
  CHECK(common_rooms(table, {"s1", "s2"}).empty());
  CHECK(met(table, to({})) == names{"s1", "s2"});
  CHECK(met(table, to({"s1"})) == names{"s1"});
  CHECK(sorted_rooms(table, "s1") == names{"s1"});
}

TEST_CASE("connecting twice is connecting once", "[adapter][room_table]") {
  room_table table;
  const auto s = make_socket("s1");
  table.connect(s);
  table.connect(s);
  CHECK(met(table, to({})) == names{"s1"});
}

TEST_CASE("joining puts a socket into a room, once", "[adapter][room_table]") {
  room_table table;
  const auto s = make_socket("s1");
  table.connect(s);
  table.join(s, "a");
  table.join(s, "a");
  table.join(s, "b");
  CHECK(common_rooms(table, {"s1"}) == names{"a", "b"});
  CHECK(sorted_rooms(table, "s1") == names{"a", "b", "s1"});
  CHECK(met(table, to({"a"})) == names{"s1"});
  table.leave("s1", "a");
  CHECK(common_rooms(table, {"s1"}) == names{"b"});
  CHECK(sorted_rooms(table, "s1") == names{"b", "s1"});
  CHECK(met(table, to({"a"})).empty());
}

TEST_CASE("rooms joined before connecting count from the connection on", "[adapter][room_table]") {
  room_table table;
  const auto s = make_socket("s1");
  table.join(s, "a");
  CHECK(table.rooms_of("s1") == names{"a"});
  CHECK(met(table, to({"a"})).empty());
  CHECK(met(table, to({"s1"})).empty());
  CHECK(met(table, to({})).empty());
  table.connect(s);
  CHECK(met(table, to({"a"})) == names{"s1"});
}

TEST_CASE("a socket that is removed before it connected leaves no room behind", "[adapter][room_table]") {
  room_table table;
  table.join(make_socket("s1"), "a");
  table.remove("s1");
  CHECK(table.all_rooms().empty());
  CHECK(table.rooms_of("s1").empty());
}

// edge 239
TEST_CASE("a room goes with its last member", "[adapter][room_table]") {
  room_table table;
  const auto one = make_socket("s1");
  const auto two = make_socket("s2");
  for (const auto& s : {one, two}) {
    table.connect(s);
    table.join(s, "a");
  }
  table.leave("s1", "a");
  CHECK(common_rooms(table, {"s1", "s2"}) == names{"a"});
  table.remove("s2");
  CHECK(common_rooms(table, {"s1"}).empty());
  CHECK(met(table, to({})) == names{"s1"});
}

// edge 239
TEST_CASE("leaving what one is not in changes nothing", "[adapter][room_table]") {
  room_table table;
  const auto s = make_socket("s1");
  table.connect(s);
  table.join(s, "a");
  table.leave("s1", "b");
  table.leave("s9", "a");
  table.remove("s9");
  CHECK(sorted_rooms(table, "s1") == names{"a", "s1"});
  CHECK(met(table, to({})) == names{"s1"});
}

TEST_CASE("a socket can leave the room of its own id and come back", "[adapter][room_table]") {
  room_table table;
  const auto s = make_socket("s1");
  table.connect(s);
  table.leave("s1", "s1");
  CHECK(table.rooms_of("s1").empty());
  CHECK(met(table, to({"s1"})).empty());
  CHECK(met(table, to({})) == names{"s1"});
  table.join(s, "s1");
  CHECK(table.rooms_of("s1") == names{"s1"});
  CHECK(met(table, to({"s1"})) == names{"s1"});
}

TEST_CASE("a room may have the name of another socket's id", "[adapter][room_table]") {
  room_table table;
  const auto one = make_socket("s1");
  const auto two = make_socket("s2");
  table.connect(one);
  table.connect(two);
  table.join(two, "s1");
  CHECK(met(table, to({"s1"})) == names{"s1", "s2"});
  CHECK(met(table, to({}, {"s1"})).empty());
  table.remove("s1");
  CHECK(met(table, to({"s1"})) == names{"s2"});
}

TEST_CASE("who is in several of the rooms is met once", "[adapter][room_table]") {  // edge case 234
  room_table table;
  for (const char* id : {"s1", "s2", "s3"}) {
    const auto s = make_socket(id);
    table.connect(s);
    table.join(s, "a");
    if (std::string(id) != "s3") table.join(s, "b");
  }
  CHECK(met(table, to({"a", "b", "s1", "a"})) == names{"s1", "s2", "s3"});
  CHECK(met(table, to({"b"})) == names{"s1", "s2"});
  CHECK(met(table, to({"b", "s3"})) == names{"s1", "s2", "s3"});
}

TEST_CASE("who is in an excepted room is not met, whatever else names it", "[adapter][room_table]") {  // edge case 236
  room_table table;
  for (const char* id : {"s1", "s2", "s3"}) {
    const auto s = make_socket(id);
    table.connect(s);
    table.join(s, "all");
    if (std::string(id) == "s2") table.join(s, "quiet");
  }
  CHECK(met(table, to({}, {"quiet"})) == names{"s1", "s3"});
  CHECK(met(table, to({"all"}, {"quiet", "s1"})) == names{"s3"});
  CHECK(met(table, to({"s2"}, {"quiet"})).empty());
  CHECK(met(table, to({}, {"nobody", "s9"})) == names{"s1", "s2", "s3"});
  CHECK(met(table, to({}, {"all"})).empty());
  CHECK(met(table, to({})) == names{"s1", "s2", "s3"});
}

// edge 237
TEST_CASE("a target with an empty list of rooms names nobody", "[adapter][room_table]") {
  room_table table;
  table.connect(make_socket("s1"));
  target nobody;
  nobody.everybody = false;
  CHECK(met(table, nobody).empty());
}

TEST_CASE("room names are bytes: empty, long, with zeros", "[adapter][room_table]") {
  room_table table;
  const auto s = make_socket("s1");
  table.connect(s);
  const names odd = {"", std::string("a\0b", 3), std::string("a\0c", 3), std::string(100'000, 'x'), "__proto__"};
  for (const auto& room : odd) table.join(s, room);
  for (const auto& room : odd) CHECK(met(table, to({room})) == names{"s1"});
  CHECK(common_rooms(table, {"s1"}).size() == odd.size());
  table.remove("s1");
  CHECK(table.all_rooms().empty());
}

TEST_CASE("a table lets go of the sockets that it removes", "[adapter][room_table]") {
  room_table table;
  auto s = make_socket("s1");
  const std::weak_ptr<local_socket> seen = s;
  table.connect(s);
  table.join(s, "a");
  s.reset();
  CHECK_FALSE(seen.expired());
  table.remove("s1");
  CHECK(seen.expired());
}

namespace {

// The same, so plainly written that it cannot be wrong.
class plain_table {
 public:
  void connect(const std::string& id) { add(id).connected = true; }
  void join(const std::string& id, const std::string& room) { add(id).rooms.insert(room); }
  void leave(const std::string& id, const std::string& room) {
    if (known_.count(id) != 0) known_[id].rooms.erase(room);
  }
  void remove(const std::string& id) { known_.erase(id); }

  names rooms_of(const std::string& id) const {
    const auto found = known_.find(id);
    if (found == known_.end()) return {};
    names rooms(found->second.rooms.begin(), found->second.rooms.end());
    if (!found->second.connected) rooms.erase(std::remove(rooms.begin(), rooms.end(), id), rooms.end());
    return rooms;
  }
  names met(const target& at) const {
    names ids;
    for (const auto& [id, s] : known_) {
      const auto is_in = [&rooms = s.rooms](const std::string& room) { return rooms.count(room) != 0; };
      const bool named = at.everybody || std::any_of(at.rooms.begin(), at.rooms.end(), is_in);
      if (s.connected && named && std::none_of(at.except.begin(), at.except.end(), is_in)) ids.push_back(id);
    }
    return ids;
  }
  names all_rooms() const {
    std::set<std::string> all;
    for (const auto& [id, s] : known_)
      for (const auto& room : s.rooms)
        if (room != id || s.connected) all.insert(room);
    return names(all.begin(), all.end());
  }

 private:
  struct entry {
    std::set<std::string> rooms;
    bool connected = false;
  };
  entry& add(const std::string& id) {
    const auto [found, is_new] = known_.try_emplace(id);
    if (is_new) found->second.rooms.insert(id);
    return found->second;
  }
  std::map<std::string, entry> known_;
};

}  // namespace

TEST_CASE("thousands of random operations leave the table as a plain model says", "[adapter][room_table]") {
  std::mt19937 random(20240229);  // the same every time
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  std::vector<std::shared_ptr<test::fake_socket>> sockets;
  names rooms;
  const bool crowded = GENERATE(false, true);  // more rooms and sockets than are searched one by one
  CAPTURE(crowded);
  for (int i = 0; i < (crowded ? 50 : 12); ++i) sockets.push_back(make_socket("s" + std::to_string(i)));
  for (int i = 0; i < (crowded ? 60 : 8); ++i) rooms.push_back("r" + std::to_string(i));
  for (int i = 0; i < 4; ++i) rooms.push_back("s" + std::to_string(i));  // rooms named like sockets

  room_table table;
  plain_table model;
  for (int step = 0; step < (crowded ? 6'000 : 20'000); ++step) {
    if (crowded && step == 0)
      for (const auto& everybody : sockets) {
        table.connect(everybody), model.connect(everybody->id());
        for (const auto& all : rooms) table.join(everybody, all), model.join(everybody->id(), all);
      }
    const auto& s = sockets[pick(sockets.size())];
    const std::string& room = rooms[pick(rooms.size())];
    switch (pick(crowded ? 100 : 10)) {
      case 0:
        table.remove(s->id()), model.remove(s->id());
        break;
      case 1:
        table.connect(s), model.connect(s->id());
        break;
      case 2:
      case 3:
      case 4:
        table.leave(s->id(), room), model.leave(s->id(), room);
        break;
      default:
        if (crowded && pick(2) == 0) {
          table.leave(s->id(), room), model.leave(s->id(), room);
        } else {
          table.join(s, room), model.join(s->id(), room);
        }
    }
    target at;
    at.everybody = pick(3) == 0;
    for (std::size_t i = pick(4); i > 0; --i) at.rooms.push_back(rooms[pick(rooms.size())]);
    for (std::size_t i = pick(3); i > 0; --i) at.except.push_back(rooms[pick(rooms.size())]);
    CAPTURE(step);
    REQUIRE(met(table, at) == [&] {
      names ids = model.met(at);
      std::sort(ids.begin(), ids.end());
      return ids;
    }());
    names expected = model.rooms_of(s->id());
    std::sort(expected.begin(), expected.end());
    REQUIRE(sorted_rooms(table, s->id()) == expected);
    REQUIRE(common_rooms(table, {}) == model.all_rooms());
    REQUIRE(met(table, to({})) == model.met(to({})));
  }
}
