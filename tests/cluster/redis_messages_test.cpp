// Messages between the servers of a cluster: bytes that Node servers sent, and messages that are ignored.
// The hexadecimal rows are in the format of @socket.io/redis-adapter 8.

#include "cluster/redis_messages.hpp"

#include "support/catch.hpp"
#include "wire/hex.hpp"
#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"

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
  const auto opts = *wire::parse_json(R"({"rooms":[42,"x"],"except":[7]})");
  const auto to = read_opts(&opts);
  REQUIRE(to);
  CHECK(to->rooms == std::vector<std::string>{"42", "x"});
  CHECK(to->except == std::vector<std::string>{"7"});
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

TEST_CASE("a member that is missing reads as its default, one of another type as nothing",
          "[cluster][redis_messages]") {
  const auto message = read_json_message(R"({"text":1,"number":"x","list":"y","fraction":1.5,"flag":1})");
  REQUIRE(message);
  CHECK(text_of(*message, "absent") == std::string());
  CHECK(flag_of(*message, "absent") == false);
  CHECK_FALSE(text_of(*message, "text"));
  CHECK_FALSE(flag_of(*message, "flag"));
  CHECK_FALSE(number_of(*message, "absent"));
  CHECK_FALSE(number_of(*message, "number"));
  CHECK_FALSE(number_of(*message, "fraction"));
  CHECK_FALSE(read_names(message->if_contains("list")));
  CHECK_FALSE(read_names(message->if_contains("absent")));
}

TEST_CASE("receivers that cannot be read are nobody, never everybody", "[cluster][redis_messages]") {
  struct row {
    const char* why;
    const char* opts;
    bool is_read;
  };
  const row rows[] = {
      {"everybody", R"({"rooms":[]})", true},
      {"as Node writes it", R"({"rooms":["a"],"except":["b"],"flags":{"volatile":true,"timeout":5}})", true},
      {"a flag that nobody knows", R"({"rooms":[],"flags":{"broadcast":true}})", true},
      {"no object", "5", false},
      {"null", "null", false},
      {"a list", "[]", false},
      {"no rooms", "{}", false},
      {"no rooms beside others", R"({"except":[],"flags":{}})", false},
      {"rooms are null", R"({"rooms":null})", false},
      {"rooms are a text", R"({"rooms":"a"})", false},
      {"rooms are an object", R"({"rooms":{"0":"a"}})", false},
      {"a room is null", R"({"rooms":["a",null]})", false},
      {"the only room is null", R"({"rooms":[null]})", false},
      {"a room is a list", R"({"rooms":[["a"]]})", false},
      {"except is a text", R"({"rooms":[],"except":"a"})", false},
      {"except is null", R"({"rooms":[],"except":null})", false},
      {"an exception is an object", R"({"rooms":[],"except":[{}]})", false},
      {"flags are a list", R"({"rooms":[],"flags":[]})", false},
      {"flags are null", R"({"rooms":[],"flags":null})", false},
      {"volatile is a number", R"({"rooms":[],"flags":{"volatile":1}})", false},
      {"compress is a text", R"({"rooms":[],"flags":{"compress":"false"}})", false},
      {"timeout is a text", R"({"rooms":[],"flags":{"timeout":"5"}})", false},
      {"timeout is negative", R"({"rooms":[],"flags":{"timeout":-1}})", false},
      {"timeout is a fraction", R"({"rooms":[],"flags":{"timeout":0.5}})", false},
      {"timeout is null", R"({"rooms":[],"flags":{"timeout":null}})", false}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto opts = *wire::parse_json(r.opts);
    CHECK(read_opts(&opts).has_value() == r.is_read);
    // The same in a broadcast, and in a request of every type that has receivers.
    const auto whole = wire::parse_json(std::string(R"(["uid",{"type":2,"data":["x"],"nsp":"/"},)") + r.opts + "]");
    CHECK(read_broadcast(wire::write_msgpack_value(*whole, {})).has_value() == r.is_read);
    const auto asked = wire::parse_json(
        std::string(R"({"uid":"u","requestId":"r","type":7,"packet":{"type":2,"data":["x"]},"opts":)") + r.opts + "}");
    CHECK(read_broadcast_request(wire::write_msgpack_value(*asked, {})).has_value() == r.is_read);
    const auto change = read_json_message(std::string(R"({"rooms":["x"],"close":true,"opts":)") + r.opts + "}");
    REQUIRE(change);
    for (const request_type type :
         {request_type::remote_join, request_type::remote_leave, request_type::remote_disconnect})
      CHECK(read_change(*change, type).has_value() == r.is_read);
  }
  CHECK_FALSE(read_opts(nullptr));
  const auto bare = wire::parse_json(R"(["uid",{"type":2,"data":["x"],"nsp":"/"}])");
  CHECK_FALSE(read_broadcast(wire::write_msgpack_value(*bare, {})));
}

TEST_CASE("a change with a part that cannot be read changes nothing", "[cluster][redis_messages]") {
  struct row {
    const char* why;
    request_type type;
    const char* request;
    bool is_read;
  };
  constexpr auto join = request_type::remote_join;
  constexpr auto disconnect = request_type::remote_disconnect;
  const row rows[] = {
      {"join", join, R"({"opts":{"rooms":["a"],"except":[]},"rooms":["b"]})", true},
      {"join without rooms", join, R"({"opts":{"rooms":["a"]}})", false},
      {"join: rooms are a text", join, R"({"opts":{"rooms":["a"]},"rooms":"b"})", false},
      {"join: a room is null", join, R"({"opts":{"rooms":["a"]},"rooms":["b",null]})", false},
      {"disconnect", disconnect, R"({"opts":{"rooms":["a"]},"close":true})", true},
      {"disconnect, close is left out", disconnect, R"({"opts":{"rooms":["a"]}})", true},
      {"disconnect: close is a number", disconnect, R"({"opts":{"rooms":["a"]},"close":1})", false},
      {"disconnect: close is null", disconnect, R"({"opts":{"rooms":["a"]},"close":null})", false},
      {"disconnect everybody by mistake", disconnect, R"({"opts":5})", false},
      {"nobody is named", disconnect, R"({"close":true})", false},
      {"the old form", join, R"({"sid":"s","room":"b"})", true},
      {"the old form without a room", join, R"({"sid":"s"})", false},
      {"the old form: the room is a list", join, R"({"sid":"s","room":["b"]})", false},
      {"the old form: sid is a number", disconnect, R"({"sid":5,"close":true})", false},
      {"the old form, disconnect", disconnect, R"({"sid":"s","close":true})", true},
      {"opts that cannot be read are not the old form", join, R"({"opts":null,"sid":"s","room":"b"})", false}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto request = read_json_message(r.request);
    REQUIRE(request);
    const auto change = read_change(*request, r.type);
    CHECK(change.has_value() == r.is_read);
    if (change) CHECK_FALSE(change->to.everybody);
  }
}

TEST_CASE("the type of a request is one of the known numbers", "[cluster][redis_messages]") {
  struct row {
    const char* request;
    bool is_read;
  };
  const row rows[] = {{R"({"type":4})", true},
                      {R"({"type":0})", true},
                      {R"({"type":9})", true},
                      {R"({"type":10})", false},
                      {R"({"type":-1})", false},
                      {R"({"type":258})", false},
                      {R"({"type":260})", false},
                      {R"({"type":"4"})", false},
                      {R"({"type":4.5})", false},
                      {R"({"type":null})", false},
                      {R"({})", false}};
  for (const row& r : rows) {
    CAPTURE(r.request);
    CHECK(type_of(*read_json_message(r.request)).has_value() == r.is_read);
  }
}

TEST_CASE("parts of events and answers of another type put the message aside", "[cluster][redis_messages]") {
  const char* const broadcasts[] = {R"([5,{"type":2,"data":["x"],"nsp":"/"},{"rooms":[]}])",
                                    R"(["u",{"type":"2","data":["x"],"nsp":"/"},{"rooms":[]}])",
                                    R"(["u",{"type":2,"data":"x","nsp":"/"},{"rooms":[]}])",
                                    R"(["u",{"type":2,"data":["x"],"nsp":5},{"rooms":[]}])",
                                    R"(["u",{"type":2,"data":[{}],"nsp":"/"},{"rooms":[]}])",
                                    R"({"0":"u"})"};
  for (const char* text : broadcasts) {
    CAPTURE(text);
    CHECK_FALSE(read_broadcast(wire::write_msgpack_value(*wire::parse_json(text), {})));
  }
  const char* const requests[] = {
      R"({"uid":5,"requestId":"r","type":7,"packet":{"type":2,"data":["x"]},"opts":{"rooms":[]}})",
      R"({"uid":"u","requestId":5,"type":7,"packet":{"type":2,"data":["x"]},"opts":{"rooms":[]}})",
      R"({"uid":"u","type":7,"packet":{"type":2,"data":["x"]},"opts":{"rooms":[]}})",
      R"({"uid":"u","requestId":"r","type":"7","packet":{"type":2,"data":["x"]},"opts":{"rooms":[]}})",
      R"({"uid":"u","requestId":"r","type":7,"packet":5,"opts":{"rooms":[]}})"};
  for (const char* text : requests) {
    CAPTURE(text);
    CHECK_FALSE(read_broadcast_request(wire::write_msgpack_value(*wire::parse_json(text), {})));
  }
  CHECK_FALSE(
      read_broadcast_ack(wire::write_msgpack_value(*wire::parse_json(R"({"type":9,"requestId":7,"packet":1})"), {})));
  CHECK_FALSE(read_broadcast_ack(wire::write_msgpack_value(*wire::parse_json(R"({"type":9,"packet":1})"), {})));

  for (const char* text : {R"({"clientCount":-1})", R"({"clientCount":"1"})", R"({"clientCount":4611686018427387904})",
                           R"({"clientCount":1.5})", "{}"}) {
    CAPTURE(text);
    CHECK_FALSE(client_count_of(*read_json_message(text)));
  }
  CHECK(client_count_of(*read_json_message(R"({"clientCount":3})")) == std::size_t(3));

  for (const char* text :
       {"5", "{}", "[5]", R"([{"rooms":[]}])", R"([{"id":5,"rooms":[]}])", R"([{"id":"","rooms":[]}])",
        R"([{"id":"a"}])", R"([{"id":"a","rooms":[null]}])", R"([{"id":"a","rooms":[]},5])"}) {
    CAPTURE(text);
    CHECK_FALSE(read_sockets(*wire::parse_json(text)));
  }
  CHECK(read_sockets(*wire::parse_json(R"([{"id":"a","rooms":[]}])")));
}

// Before, such an event reached the clients of this server only.
TEST_CASE("what other servers cannot read is refused where it is emitted", "[cluster][redis_messages]") {
  const auto nested = [](std::size_t levels) {
    return event_data("[\"x\"," + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "]", {});
  };
  const target everybody;
  const event_data deepest = nested(max_event_depth);
  CHECK(read_broadcast(write_broadcast("u", "/", deepest, everybody)));
  CHECK(read_broadcast_request(write_broadcast_request("u", "r", "/", deepest, everybody)));
  boost::json::object request;
  request["data"] = plain_json(deepest);
  CHECK(read_json_message(serialized(request)));

  const event_data deeper = nested(max_event_depth + 1);
  CHECK_THROWS_AS(write_broadcast("u", "/", deeper, everybody), error);
  CHECK_THROWS_AS(write_broadcast_request("u", "r", "/", deeper, everybody), error);
  CHECK_THROWS_AS(plain_json(deeper), error);

  const event_data event(R"(["x"])", {});
  CHECK_THROWS_AS(write_broadcast("u", "/", event, rooms({"caf\xe9"})), error);
  target but;
  but.except = {"caf\xe9"};
  CHECK_THROWS_AS(write_broadcast("u", "/", event, but), error);
  CHECK_THROWS_AS(names_for_others({"caf\xe9"}), error);
  CHECK_NOTHROW(write_broadcast("u", "/", event, rooms({"caf\u00e9"})));
}

TEST_CASE("binary in a server-side event is written as Node's JSON writes a Buffer", "[cluster][redis_messages]") {
  const event_data event(R"(["x",{"_placeholder":true,"num":0}])", {binary(std::string("\x00\xff", 2))});
  CHECK(serialized(plain_json(event)) == R"(["x",{"type":"Buffer","data":[0,255]}])");
}

TEST_CASE("the data of a socket is an object for servers of Node, also when there is none",
          "[cluster][redis_messages]") {
  const boost::json::array written = cluster::write_sockets({socket_descriptor("id", {}, {"id"}, nullptr)});
  CHECK(written.at(0).at("data") == boost::json::value(boost::json::object()));
}

}  // namespace cosio::test
