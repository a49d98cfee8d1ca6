// Messages between the servers of a cluster: bytes that Node servers sent, and messages that are ignored.
// The hexadecimal rows are in the format of @socket.io/redis-adapter 8.

#include "cluster/redis_messages.hpp"

#include "support/catch.hpp"
#include "wire/hex.hpp"
#include "wire/json_limits.hpp"

namespace cosio::test {
namespace {

using namespace cluster;
using namespace std::chrono_literals;

target rooms(std::vector<std::string> names) {
  target to;
  to.everybody = false;
  to.rooms = std::move(names);
  return to;
}

const char* const hello =
    "93 a6 49625a304841 83 a474797065 02 a464617461 94 a568656c6c6f 01 a132 81a161 92c3c0 a36e7370 a12f"
    " 83 a5726f6f6d73 90 a6657863657074 90 a5666c616773 80";

}  // namespace

TEST_CASE("a broadcast is written as servers of Node write it", "[cluster][redis_messages]") {
  const event_data event(R"(["hello",1,"2",{"a":[true,null]}])", {});
  CHECK(to_hex(write_broadcast("IbZ0HA", "/", event, target())) == to_hex(from_hex(hello)));
}

TEST_CASE("a broadcast of Node is read", "[cluster][redis_messages]") {
  const auto got = read_broadcast(from_hex(hello));
  REQUIRE(got);
  CHECK(got->uid == "IbZ0HA");
  CHECK(got->nsp == "/");
  CHECK(got->name == "hello");
  CHECK(got->data.json() == R"(["hello",1,"2",{"a":[true,null]}])");
  CHECK(got->to.everybody);
}

TEST_CASE("binary travels as binary, wherever it stands", "[cluster][redis_messages]") {
  const event_data event(R"(["bin",{"deep":[{"_placeholder":true,"num":0}]}])",
                         {binary(std::string("\x01\x02\x03", 3))});
  const std::string wire = write_broadcast("uid", "/chat", event, rooms({"room1"}));
  CHECK(to_hex(wire).find("c403010203") != std::string::npos);
  const auto got = read_broadcast(wire);
  REQUIRE(got);
  CHECK(got->nsp == "/chat");
  CHECK(got->data.json() == event.json());
  REQUIRE(got->data.attachments().size() == 1);
  CHECK(got->data.attachments()[0] == event.attachments()[0]);
  CHECK_FALSE(got->to.everybody);
  CHECK(got->to.rooms == std::vector<std::string>{"room1"});
}

TEST_CASE("rooms, exceptions and flags come through", "[cluster][redis_messages]") {
  target to = rooms({"a", "b"});
  to.except = {"c"};
  to.flags.is_volatile = true;
  to.flags.compress = false;
  to.flags.timeout = 500ms;
  const auto got = read_broadcast_request(write_broadcast_request("uid", "req", "/", event_data(R"(["x"])", {}), to));
  REQUIRE(got);
  CHECK(got->request_id == "req");
  CHECK(got->to.rooms == to.rooms);
  CHECK(got->to.except == to.except);
  CHECK(got->to.flags.is_volatile);
  CHECK_FALSE(got->to.flags.compress);
  CHECK(got->to.flags.timeout == 500ms);
}

TEST_CASE("rooms that are numbers count by their text", "[cluster][redis_messages]") {
  const auto to = read_opts(*wire::parse_json(R"({"rooms":[42,"x",null],"except":[7]})"));
  CHECK(to.rooms == std::vector<std::string>{"42", "x"});
  CHECK(to.except == std::vector<std::string>{"7"});
}

TEST_CASE("an acknowledgement of Node is read, and one of ours reads back", "[cluster][redis_messages]") {
  const auto got =
      read_broadcast_ack(from_hex("83 a474797065 09 a9726571756573744964 a6446969 65556f a67061636b6574 a27232"));
  REQUIRE(got);
  CHECK(got->first == "DiieUo");
  CHECK(got->second.get<std::string>(0) == "r2");

  boost::json::array values;
  values.emplace_back(17);
  const auto back = read_broadcast_ack(write_broadcast_ack("id", arguments(std::move(values))));
  REQUIRE(back);
  CHECK(back->first == "id");
  CHECK(back->second.get<int>(0) == 17);
}

// edge 295
TEST_CASE("what is no message of the cluster is put aside", "[cluster][redis_messages]") {
  const char* const broadcasts[] = {"",
                                    "c1",
                                    "90",
                                    "91a0",
                                    "93a0c0c0",
                                    "93a08080",
                                    "93a083a47479706503a46461746190a36e7370a12f80",
                                    "93a083a47479706502a46461746190a36e7370a12f80",
                                    "93a083a47479706502a46461746191c0a36e7370a12f80",
                                    "93a083a474797065",
                                    "ddffffffff",
                                    "93a0c6ffffffff"};
  for (const char* bytes : broadcasts) {
    CAPTURE(bytes);
    CHECK_FALSE(read_broadcast(from_hex(bytes)));
    CHECK_FALSE(read_broadcast_request(from_hex(bytes)));
    CHECK_FALSE(read_broadcast_ack(from_hex(bytes)));
  }
  for (const char* text : {"", "{", "[]", "1", "null", "{\"a\":}", "{}x"}) {
    CAPTURE(text);
    CHECK_FALSE(read_json_message(text));
  }
  CHECK(read_json_message("{}"));
}

TEST_CASE("members of other types read as nothing", "[cluster][redis_messages]") {
  const auto message = read_json_message(R"({"text":1,"number":"x","list":"y","fraction":1.5})");
  REQUIRE(message);
  CHECK(text_of(*message, "text").empty());
  CHECK(text_of(*message, "absent").empty());
  CHECK_FALSE(number_of(*message, "number"));
  CHECK_FALSE(number_of(*message, "fraction"));
  CHECK(list_of(*message, "list").empty());
}

TEST_CASE("binary in a server-side event is written as Node's JSON writes a Buffer", "[cluster][redis_messages]") {
  const event_data event(R"(["x",{"_placeholder":true,"num":0}])", {binary(std::string("\x00\xff", 2))});
  CHECK(serialized(plain_json(event)) == R"(["x",{"type":"Buffer","data":[0,255]}])");
}

}  // namespace cosio::test
