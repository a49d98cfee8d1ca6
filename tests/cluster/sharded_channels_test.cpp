// The channel that a message goes to, and the channels that a server listens to.

#include "cluster/sharded_channels.hpp"

#include "support/catch.hpp"

namespace cosio::test {
namespace {

using cluster::sharded_channels;

cluster_message to_room(const char* room, const char* nsp = "/") {
  cluster_message out(message_type::broadcast);
  out.nsp = nsp;
  out.to.everybody = false;
  out.to.rooms = {room};
  return out;
}

}  // namespace

TEST_CASE("lengths are those of JavaScript", "[cluster][sharded_channels]") {
  CHECK(cluster::utf16_size("") == 0);
  CHECK(cluster::utf16_size("abc") == 3);
  CHECK(cluster::utf16_size("räum") == 4);
  CHECK(cluster::utf16_size("\u20ac") == 1);
  CHECK(cluster::utf16_size("\U0001F600") == 2);
}

// edge 298
TEST_CASE("an event for one room goes to the room's channel, if the mode has one", "[cluster][sharded_channels]") {
  struct row {
    const char* why;
    const char* nsp;
    const char* room;
    const char* dynamic;
    const char* is_private;
  };
  const row rows[] = {
      {"a room", "/", "red", "p#/#red#", "p#/#red#"},
      {"a room of another namespace", "/chat", "red", "p#/chat#red#", "p#/chat#red#"},
      {"20 characters, as an id has", "/", "12345678901234567890", "p#/#", "p#/#12345678901234567890#"},
      {"20 characters, 21 bytes", "/", "ä2345678901234567890", "p#/#", "p#/#ä2345678901234567890#"},
      {"20 units, 19 characters", "/", "\U0001F600345678901234567890", "p#/#", "p#/#\U0001F600345678901234567890#"},
      {"20 bytes, 19 characters", "/", "ä234567890123456789", "p#/#ä234567890123456789#", "p#/#ä234567890123456789#"},
      {"an id of Engine.IO 3", "/chat", "/chat#abc", "p#/chat#", "p#/chat#/chat#abc#"},
      {"an id of another namespace", "/chat", "/other#abc", "p#/chat#/other#abc#", "p#/chat#/other#abc#"},
  };
  const sharded_channels all_in_one("p", subscription_mode::static_);
  const sharded_channels dynamic("p", subscription_mode::dynamic);
  const sharded_channels is_private("p", subscription_mode::dynamic_private);
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto message = to_room(r.room, r.nsp);
    CHECK(all_in_one.of(message) == "p#" + std::string(r.nsp) + "#");
    CHECK(dynamic.of(message) == r.dynamic);
    CHECK(is_private.of(message) == r.is_private);
  }
}

TEST_CASE("everything else goes to all servers of the namespace", "[cluster][sharded_channels]") {
  const sharded_channels channels("p", subscription_mode::dynamic_private);
  auto message = to_room("red");
  message.to.rooms.push_back("blue");
  CHECK(channels.of(message) == "p#/#");
  message = cluster_message(message_type::broadcast);
  CHECK(channels.of(message) == "p#/#");
  message = to_room("red");
  message.request_id = "1";
  CHECK(channels.of(message) == "p#/#");
  message = to_room("red");
  message.type = message_type::sockets_join;
  CHECK(channels.of(message) == "p#/#");
  CHECK(channels.answers("/", "0123456789abcdef") == "p#/#0123456789abcdef#");
}

TEST_CASE("a server listens wherever an event for its room may be published", "[cluster][sharded_channels]") {
  const sharded_channels all_in_one("p", subscription_mode::static_);
  const sharded_channels dynamic("p", subscription_mode::dynamic);
  const sharded_channels is_private("p", subscription_mode::dynamic_private);
  CHECK_FALSE(all_in_one.watches_rooms());
  CHECK(dynamic.watches_rooms());
  for (const char* room : {"red", "12345678901234567890", "ä2345678901234567890", "/chat#abc"}) {
    CAPTURE(room);
    CHECK_FALSE(all_in_one.has_channel(room));
    CHECK(dynamic.has_channel(room) == (cluster::utf16_size(room) != 20));
    CHECK(is_private.has_channel(room));
    for (const auto* channels : {&dynamic, &is_private}) {
      const auto message = to_room(room, "/chat");
      const std::string channel = channels->of(message);
      CHECK((channel == channels->main("/chat") ||
             (channel == channels->room("/chat", room) && channels->has_channel(room))));
    }
  }
}

}  // namespace cosio::test
