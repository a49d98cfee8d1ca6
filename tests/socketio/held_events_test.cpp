// The events of one client that wait for a handler.

#include "socketio/held_events.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <vector>

#include "socketio/socket_core.hpp"
#include "socketio/timed_server.hpp"
#include "support/catch.hpp"

using namespace cosio::test;
using cosio::socketio::held_events;
using cosio::socketio::received_event;
using cosio::socketio::socket_core;

namespace {

// Sockets to hold events for.
struct sockets {
  sockets() {
    house.io.on_connection([this](cosio::socket c) { all.push_back(c.internals()); });
    for (int i = 0; i < 2; ++i) clients.push_back(house.join());
  }

  received_event event(std::size_t to, const char* name, int n) const {
    return {all.at(to), boost::json::array{name, n}, {}, std::nullopt, 10};
  }

  timed_server house;
  std::vector<std::shared_ptr<socket_core>> all;
  std::vector<world_client> clients;
};

int number(const received_event& event) { return static_cast<int>(event.data.at(1).as_int64()); }

held_events::turn_ptr some_turn() {
  return std::make_shared<cosio::engine::handler_queue::running_event>([] {});
}

}  // namespace

TEST_CASE("held packets leave the line in their order, and their bytes with them", "[socketio][held_events]") {
  const sockets s;
  held_events held;
  CHECK(held.is_empty());
  held.add_to_line({}, s.event(0, "a", 1), "a");
  held.add_to_line("/chat", {}, {});
  held.add_to_line({}, s.event(1, "a", 2), "a");
  const std::size_t all = held.bytes();
  CHECK(all > 3 * sizeof(received_event));
  CHECK(number(held.take_first()->event) == 1);
  CHECK(held.bytes() < all);
  CHECK(held.take_first()->nsp == "/chat");
  CHECK(number(held.take_first()->event) == 2);
  CHECK_FALSE(held.take_first());
  CHECK(held.is_empty());
  CHECK(held.bytes() == 0);
}

TEST_CASE("an event is charged for its data and its attachments", "[socketio][held_events]") {
  const sockets s;
  held_events held;
  held.add_to_line({}, s.event(0, "a", 1), "a");
  const std::size_t small = held.bytes();
  received_event large = s.event(0, "a", 2);
  large.data.as_array().emplace_back(std::string(1'000, 'x'));
  large.attachments.emplace_back(std::string(2'000, 'y'));
  held.add_to_line({}, large, "a");
  CHECK(held.bytes() >= 2 * small + 3'000);
  CHECK(held.bytes() <= 2 * small + 3'200);
}

TEST_CASE("events of a socket wait for its turn, and for no other socket's", "[socketio][held_events]") {
  const sockets s;
  held_events held;
  held.begin_turn(*s.all[0], some_turn());
  CHECK(held.turn_of(*s.all[0]));
  CHECK_FALSE(held.turn_of(*s.all[1]));
  held.add_to_line({}, s.event(0, "a", 1), "a");
  held.add_to_line({}, s.event(1, "a", 2), "a");
  held.add_to_turn(s.event(0, "a", 0), "a");
  CHECK(number(held.take_first()->event) == 2);
  CHECK(held.line_is_empty());
  CHECK(number(*held.next_of_turn(*s.all[0])) == 0);
  CHECK(held.turn_of(*s.all[0]));
  CHECK(number(*held.next_of_turn(*s.all[0])) == 1);
  CHECK_FALSE(held.next_of_turn(*s.all[0]));
  CHECK_FALSE(held.turn_of(*s.all[0]));
  CHECK(held.is_empty());
}

TEST_CASE("an event is found by its socket and its name, wherever it waits", "[socketio][held_events]") {
  const sockets s;
  held_events held;
  held.begin_turn(*s.all[0], some_turn());
  held.add_to_turn(s.event(0, "a", 1), "a");
  held.add_to_turn(s.event(0, "b", 2), "b");
  held.add_to_line({}, s.event(1, "b", 3), "b");
  held.add_to_line({}, s.event(0, "b", 4), "b");
  CHECK(held.has_named(*s.all[1], "b"));
  CHECK_FALSE(held.has_named(*s.all[1], "a"));
  CHECK(number(*held.take_named(*s.all[0], "b")) == 2);
  CHECK(number(*held.take_named(*s.all[0], "b")) == 4);
  CHECK_FALSE(held.take_named(*s.all[0], "b"));
  CHECK(number(*held.next_of_turn(*s.all[0])) == 1);
  CHECK(number(held.take_first()->event) == 3);
}

TEST_CASE("the events of a socket that leaves are dropped, and no others", "[socketio][held_events]") {
  const sockets s;
  held_events held;
  held.begin_turn(*s.all[0], some_turn());
  held.add_to_turn(s.event(0, "a", 1), "a");
  held.add_to_line({}, s.event(1, "a", 2), "a");
  const std::size_t of_the_other = held.bytes() / 2;
  held.add_to_line({}, s.event(0, "b", 3), "b");
  held.defer(s.all[0], "b");
  const long owners = s.all[0].use_count();
  held.drop(*s.all[0]);
  CHECK(s.all[0].use_count() == owners - 3);
  CHECK(held.bytes() == of_the_other);
  CHECK_FALSE(held.turn_of(*s.all[0]));
  CHECK_FALSE(held.take_deferred());
  CHECK(number(held.take_first()->event) == 2);
  CHECK(held.is_empty());
}

TEST_CASE("a name is deferred once", "[socketio][held_events]") {
  const sockets s;
  held_events held;
  for (int i = 0; i < 3; ++i) held.defer(s.all[0], "a");
  held.defer(s.all[1], "a");
  CHECK(held.take_deferred());
  CHECK(held.take_deferred());
  CHECK_FALSE(held.take_deferred());
}
