// Heads of packets.

#include "load/socket_packet.hpp"

#include "load/bad_answer.hpp"
#include "support/catch.hpp"

using bench::bad_answer;
using bench::event_arguments;
using bench::event_name;
using bench::read_packet;

TEST_CASE("a packet's head is taken apart", "[bench][socket_packet]") {
  const auto event = read_packet("2[\"echo\",1]", "");
  CHECK(event.type == '2');
  CHECK_FALSE(event.id);
  CHECK(event.data == "[\"echo\",1]");

  const auto binary = read_packet("62-/x,17[{}]", "/x,");
  CHECK(binary.type == '6');
  CHECK(binary.attachments == 2);
  CHECK(binary.id == 17U);
  CHECK(binary.data == "[{}]");
}

TEST_CASE("a packet of another namespace is refused", "[bench][socket_packet]") {
  CHECK_THROWS_AS(read_packet("2/y,[\"echo\"]", "/x,"), bad_answer);
  CHECK_THROWS_AS(read_packet("2/y,[\"echo\"]", ""), bad_answer);
  CHECK_THROWS_AS(read_packet("5[\"echo\"]", ""), bad_answer);
}

TEST_CASE("an event has a name, and what is behind it", "[bench][socket_packet]") {
  CHECK(event_name("[\"echo\",1,2]") == "echo");
  CHECK(event_arguments("[\"echo\",1,2]") == "1,2");
  CHECK(event_name("[\"echo\"]") == "echo");
  CHECK(event_arguments("[\"echo\"]").empty());
  CHECK(event_name("{}").empty());
}
