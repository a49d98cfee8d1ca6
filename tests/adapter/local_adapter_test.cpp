// The local part of every adapter: what it does to many sockets, whom it asks, what it tells of rooms.

#include "adapter/local_adapter.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::adapters::local_adapter;
using cosio::test::fake_host;
using cosio::test::fake_packet;
using cosio::test::make_socket;
using cosio::test::to;
using cosio::test::world;

namespace {

using names = std::vector<std::string>;

names sorted(names list) {
  std::sort(list.begin(), list.end());
  return list;
}

std::string text(const room_event& e) {
  constexpr const char* kinds[] = {"create", "join", "leave", "delete"};
  return std::string(kinds[static_cast<int>(e.what)]) + " " + e.room + (e.id.empty() ? "" : " " + e.id);
}

struct three_sockets {
  three_sockets() {
    for (const auto& s : {one, two, three}) w.run(rooms.connect(s, nullptr));
    w.run(rooms.join(one, names{"a"}));
    w.run(rooms.join(two, names{"a", "b"}));
  }

  world w;
  fake_host host{w};
  local_adapter rooms{host};
  std::shared_ptr<test::fake_socket> one = make_socket("s1"), two = make_socket("s2"), three = make_socket("s3");
};

}  // namespace

TEST_CASE("a socket is admitted before it can be found, and not put in when its client has gone",
          "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto here = make_socket("here");
  const auto gone = make_socket("gone");
  gone->may_join = false;
  CHECK(w.run(rooms.connect(here, nullptr)).ok);
  CHECK_FALSE(w.run(rooms.connect(gone, nullptr)).ok);
  CHECK(here->is_admitted);
  CHECK(w.run(rooms.sockets(to({}))).value == names{"here"});
}

// edge 256
TEST_CASE("join, leave, describe and disconnect the sockets of a target, and no others", "[adapter][local_adapter]") {
  three_sockets t;
  t.two->kept = boost::json::object{{"name", "Ann"}};

  t.w.run(t.rooms.sockets_join(to({"a"}), names{"c", "d"}));
  CHECK(sorted(t.rooms.rooms_of("s1")) == names{"a", "c", "d", "s1"});
  CHECK(t.rooms.rooms_of("s3") == names{"s3"});
  t.w.run(t.rooms.sockets_leave(to({"b"}), names{"c", "a"}));
  CHECK(sorted(t.rooms.rooms_of("s2")) == names{"b", "d", "s2"});
  CHECK(sorted(t.rooms.rooms_of("s1")) == names{"a", "c", "d", "s1"});

  const auto found = t.w.run(t.rooms.fetch_sockets(to({"b"})));
  CHECK_FALSE(found.missing);
  REQUIRE(found.value.size() == 1);
  CHECK(found.value[0].id == "s2");
  CHECK(sorted(found.value[0].rooms) == names{"b", "d", "s2"});
  CHECK(found.value[0].data.at("name") == "Ann");
  CHECK(found.value[0].handshake.at("url") == "/");

  t.w.run(t.rooms.disconnect_sockets(to({"a"}), true));
  CHECK(t.one->was_closed == true);
  CHECK_FALSE(t.two->was_closed);
  CHECK_FALSE(t.three->was_closed);
}

TEST_CASE("all rooms, those of sockets' ids among them", "[adapter][local_adapter]") {
  three_sockets t;
  CHECK(sorted(t.w.run(t.rooms.all_rooms()).value) == names{"a", "b", "s1", "s2", "s3"});
  t.w.run(t.rooms.leave("s3", names{"s3"}));
  t.w.run(t.rooms.remove("s2"));
  t.w.run(t.rooms.join(t.one, names{"s3"}));
  CHECK(sorted(t.w.run(t.rooms.all_rooms()).value) == names{"a", "s1", "s3"});
}

TEST_CASE("clients are asked, and forgotten when their answers are of no interest any more",
          "[adapter][local_adapter]") {
  three_sockets t;
  target a = to({"a"});
  a.flags.timeout = std::chrono::milliseconds(500);
  std::optional<answers> got;
  boost::asio::co_spawn(t.w.context(), t.rooms.broadcast_with_ack(std::make_shared<fake_packet>("[\"q\"]", 7), a),
                        [&](std::exception_ptr, answers result) { got = std::move(result); });
  t.w.settle();
  REQUIRE(t.one->asks);
  REQUIRE(t.two->asks);
  CHECK_FALSE(t.three->asks);
  t.one->asks->answered(arguments(boost::json::array{"yes"}));
  t.w.advance(std::chrono::milliseconds(500));
  REQUIRE(got);
  CHECK_FALSE(got->complete());
  REQUIRE(got->responses().size() == 1);
  CHECK(got->responses()[0][0] == "yes");
  CHECK_FALSE(t.two->asks);
}

TEST_CASE("when one client cannot be asked, none of the others is asked any more", "[adapter][local_adapter]") {
  three_sockets t;
  t.one->on_ask = t.two->on_ask = [&] {
    if (t.one->asks || t.two->asks) throw std::bad_alloc();  // the second of them
  };
  target a = to({"a"});
  a.flags.timeout = std::chrono::milliseconds(500);
  CHECK_THROWS_AS(t.w.run(t.rooms.broadcast_with_ack(std::make_shared<fake_packet>("[\"q\"]", 7), a)), std::bad_alloc);
  CHECK(t.one->forgotten == 1);
  CHECK(t.two->forgotten == 1);
}

// edge 240
TEST_CASE("rooms tell of their first member, of each, and of the last", "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  names log;
  host.on_room = [&](const room_event& e) { log.push_back(text(e)); };
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  const auto two = make_socket("s2");
  w.run(rooms.connect(one, nullptr));
  CHECK(log == names{"create s1", "join s1 s1"});
  log.clear();
  w.run(rooms.connect(two, nullptr));
  w.run(rooms.join(one, names{"a"}));
  w.run(rooms.join(two, names{"a", "a"}));
  w.run(rooms.join(two, names{"s1"}));  // another's own room
  CHECK(log == names{"create s2", "join s2 s2", "create a", "join a s1", "join a s2", "join s1 s2"});
  log.clear();
  w.run(rooms.leave("s1", names{"a", "never joined"}));
  w.run(rooms.leave("s1", names{"s1", "s1"}));
  CHECK(log == names{"leave a s1", "leave s1 s1"});
  log.clear();
  w.run(rooms.remove("s2"));
  std::sort(log.begin(), log.end());
  CHECK(log == names{"delete a", "delete s1", "delete s2", "leave a s2", "leave s1 s2", "leave s2 s2"});
  log.clear();
  w.run(rooms.remove("s2"));
  w.run(rooms.join(one, names{"s1"}));
  w.run(rooms.remove("s1"));
  CHECK(log == names{"create s1", "join s1 s1", "leave s1 s1", "delete s1"});
}

TEST_CASE("who is told of rooms may join and leave, and is told of that afterwards", "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  names log;
  host.on_room = [&](const room_event& e) {
    log.push_back(text(e));
    if (e.what == room_event::kind::created && e.room == "a")
      boost::asio::co_spawn(w.context(), rooms.join(one, names{"b"}), [](std::exception_ptr) {});
  };
  w.run(rooms.connect(one, nullptr));
  w.run(rooms.join(one, names{"a"}));
  w.settle();
  CHECK(log == names{"create s1", "join s1 s1", "create a", "join a s1", "create b", "join b s1"});
}

TEST_CASE("two namespaces whose room handlers change each other's rooms do not wait for each other",
          "[adapter][local_adapter]") {
  world w;
  fake_host one_host(w);
  fake_host other_host(w);
  local_adapter one(one_host);
  local_adapter other(other_host);
  const auto in_one = make_socket("s1");
  const auto in_other = make_socket("s2");
  w.run(one.connect(in_one, nullptr));
  w.run(other.connect(in_other, nullptr));
  std::atomic<int> inside{0};
  const auto mirror = [&inside](local_adapter& to, const std::shared_ptr<test::fake_socket>& who) {
    return [&inside, &to, who](const room_event& e) {
      if (e.room != "m" || e.what != room_event::kind::joined) return;
      ++inside;
      while (inside < 2) std::this_thread::yield();  // both threads are in a handler of their namespace
      world own;
      own.run(to.join(who, names{"mirrored"}));
    };
  };
  one_host.on_room = mirror(other, in_other);
  other_host.on_room = mirror(one, in_one);
  std::thread first([&] {
    world own;
    own.run(one.join(in_one, names{"m"}));
  });
  std::thread second([&] {
    world own;
    own.run(other.join(in_other, names{"m"}));
  });
  first.join();
  second.join();
  CHECK(sorted(one.rooms_of("s1")) == names{"m", "mirrored", "s1"});
  CHECK(sorted(other.rooms_of("s2")) == names{"m", "mirrored", "s2"});
}

TEST_CASE("a thread that changes rooms does not wait for the handler of another one, and its changes are told in order",
          "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  w.run(rooms.connect(one, nullptr));
  names log;
  std::promise<void> entered;
  std::promise<void> leave;
  host.on_room = [&](const room_event& e) {
    if (e.what != room_event::kind::joined) return;
    log.push_back(text(e));
    if (e.room != "slow") return;
    entered.set_value();
    leave.get_future().wait();
  };
  std::thread slow([&] {
    world own;
    own.run(rooms.join(one, names{"slow"}));
  });
  entered.get_future().wait();
  w.run(rooms.join(one, names{"a"}));
  w.run(rooms.join(one, names{"b"}));
  leave.set_value();
  slow.join();
  CHECK(log == names{"join slow s1", "join a s1", "join b s1"});
}

TEST_CASE("a handler of room events that throws keeps no other event back", "[adapter][local_adapter]") {
  const test::captured_log lines;
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  w.run(rooms.connect(one, nullptr));
  int told = 0;
  host.on_room = [&](const room_event&) {
    ++told;
    throw std::runtime_error("the handler failed");
  };
  w.run(rooms.join(one, names{"a", "b"}));
  w.run(rooms.join(one, names{"c"}));
  CHECK(told == 6);
  CHECK(lines.count(log_level::error, "the handler failed") == 6);
}

// ---------------------------------------------------------------- many rooms

namespace {

names numbered(int count) {
  names out;
  for (int i = 0; i < count; ++i) out.push_back("room " + std::to_string(i));
  return out;
}

}  // namespace

TEST_CASE("a socket in many rooms leaves them in portions, and is not found from the first on",
          "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  w.run(rooms.connect(one, nullptr));
  w.run(rooms.join(one, numbered(3'000)));
  bool done = false;
  boost::asio::co_spawn(w.context(), rooms.remove("s1"), [&](std::exception_ptr) { done = true; });
  std::vector<std::size_t> left;
  while (!done) {
    w.context().restart();
    w.context().poll_one();
    CHECK(rooms.rooms_of("s1").empty());
    CHECK(rooms.local_sockets(to({"room 0"})).empty());
    world other;
    left.push_back(other.run(rooms.all_rooms()).value.size());
  }
  CHECK(left.size() >= 6);
  for (std::size_t i = 1; i < left.size(); ++i) CHECK(left[i - 1] - left[i] <= 500);
  CHECK(left.back() == 0);
  CHECK(one->charged == 0);
}

TEST_CASE("a socket whose removal is broken off is out of its rooms all the same", "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  w.run(rooms.connect(one, nullptr));
  w.run(rooms.join(one, numbered(3'000)));
  {
    boost::asio::io_context ends_early;
    boost::asio::co_spawn(ends_early, rooms.remove("s1"), [](std::exception_ptr) {});
    ends_early.poll_one();
  }
  CHECK(w.run(rooms.all_rooms()).value.empty());
  CHECK(one->charged == 0);
}

TEST_CASE("rooms are charged to their socket as it joins them, and given back as it leaves",
          "[adapter][local_adapter]") {
  world w;
  fake_host host(w);
  local_adapter rooms(host);
  const auto one = make_socket("s1");
  w.run(rooms.connect(one, nullptr));
  CHECK(one->charged == 0);
  w.run(rooms.join(one, names{"a"}));
  const std::size_t single = one->charged;
  CHECK(single > 100);
  w.run(rooms.join(one, names{"a", "b", "b", "s1"}));
  CHECK(one->charged == 2 * single);
  w.run(rooms.sockets_join(to({}), names{"b", "c" + std::string(1'000, 'c')}));
  CHECK(one->charged == 3 * single + 1'000);
  w.run(rooms.leave("s1", names{"b", "never joined"}));
  CHECK(one->charged == 2 * single + 1'000);
  one->allowance = one->charged + single;
  CHECK_THROWS_AS(w.run(rooms.join(one, names{"d", "e"})), error);
  CHECK(one->charged == 2 * single + 1'000);
  CHECK(rooms.rooms_of("s1").size() == 3);  // with its own
  w.run(rooms.join(one, names{"d"}));
  w.run(rooms.remove("s1"));
  CHECK(one->charged == 0);
}
