// Messages of the cluster adapter: bytes and texts that Node servers sent, and messages that are ignored.

#include "cluster/cluster_messages.hpp"

#include <cosio/cluster.hpp>

#include "cluster/message_parts.hpp"
#include "cluster/redis_value.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "wire/hex.hpp"

namespace cosio::test {
namespace {

using namespace std::chrono_literals;

target rooms(std::vector<std::string> names) {
  target to;
  to.everybody = false;
  to.rooms = std::move(names);
  return to;
}

cluster_message message(message_type type) {
  cluster_message out(type);
  out.uid = "0e88ebcf0fd2ba3d";
  out.nsp = "/";
  return out;
}

const std::string tail = R"("uid":"0e88ebcf0fd2ba3d","nsp":"/"})";

// A message is written, read, and written again the same.
void comes_back(const cluster_message& what, const std::string& text) {
  CAPTURE(text);
  CHECK(write_message(what) == text);
  const auto got = read_message(text, "/other");
  REQUIRE(got);
  CHECK(got->type == what.type);
  CHECK(write_message(*got) == text);
}

}  // namespace

TEST_CASE("messages are the JSON text of Node, and come back", "[cluster][cluster_messages]") {
  comes_back(message(message_type::initial_heartbeat), R"({"type":1,)" + tail);
  comes_back(message(message_type::heartbeat), R"({"type":2,)" + tail);
  comes_back(message(message_type::adapter_close), R"({"type":13,)" + tail);

  auto event = message(message_type::broadcast);
  event.event = event_data(R"(["hello",1,"2",{"a":[true,null]}])", {});
  comes_back(event, R"({"type":3,"data":{"packet":{"type":2,"data":["hello",1,"2",{"a":[true,null]}]},)"
                    R"("opts":{"rooms":[],"except":[],"flags":{}}},)" +
                        tail);
  event.event = event_data(R"(["hello"])", {});
  event.to = rooms({"room1"});
  event.to.except = {"x"};
  event.to.flags.is_volatile = true;
  comes_back(event, R"({"type":3,"data":{"packet":{"type":2,"data":["hello"]},)"
                    R"("opts":{"rooms":["room1"],"except":["x"],"flags":{"volatile":true}}},)" +
                        tail);
  auto ask = message(message_type::broadcast);
  ask.event = event_data(R"(["ask"])", {});
  ask.request_id = "df9ba32c42832ac7";
  ask.to.flags.timeout = 500ms;
  comes_back(ask, R"({"type":3,"data":{"packet":{"type":2,"data":["ask"]},"requestId":"df9ba32c42832ac7",)"
                  R"("opts":{"rooms":[],"except":[],"flags":{"timeout":500}}},)" +
                      tail);

  auto join = message(message_type::sockets_join);
  join.to = rooms({"room1"});
  join.rooms = {"r2"};
  const std::string change = R"("data":{"opts":{"rooms":["room1"],"except":[],"flags":{}},)";
  comes_back(join, R"({"type":4,)" + change + R"("rooms":["r2"]},)" + tail);
  join.type = message_type::sockets_leave;
  comes_back(join, R"({"type":5,)" + change + R"("rooms":["r2"]},)" + tail);
  auto cut = message(message_type::disconnect_sockets);
  cut.to = rooms({"room1"});
  cut.close = true;
  comes_back(cut, R"({"type":6,)" + change + R"("close":true},)" + tail);
}

TEST_CASE("requests and answers are the JSON text of Node, and come back", "[cluster][cluster_messages]") {
  auto fetch = message(message_type::fetch_sockets);
  fetch.request_id = "512e5c8079afe967";
  comes_back(fetch,
             R"({"type":7,"data":{"opts":{"rooms":[],"except":[],"flags":{}},"requestId":"512e5c8079afe967"},)" + tail);
  auto sockets = message(message_type::fetch_sockets_response);
  sockets.request_id = "512e5c8079afe967";
  sockets.sockets.emplace_back("id1", boost::json::object{{"issued", 1}}, std::vector<std::string>{"id1", "r"},
                               boost::json::object());
  comes_back(sockets, R"({"type":8,"data":{"requestId":"512e5c8079afe967","sockets":[)"
                      R"({"id":"id1","handshake":{"issued":1},"rooms":["id1","r"],"data":{}}]},)" +
                          tail);
  auto emit = message(message_type::server_side_emit);
  emit.event = event_data(R"(["sse","ping"])", {});
  comes_back(emit, R"({"type":9,"data":{"packet":["sse","ping"]},)" + tail);
  emit.request_id = "5bb38c98a11a6c90";
  comes_back(emit, R"({"type":9,"data":{"requestId":"5bb38c98a11a6c90","packet":["sse","ping"]},)" + tail);
  auto answer = message(message_type::server_side_emit_response);
  answer.request_id = "5bb38c98a11a6c90";
  answer.event = event_data(R"(["pong"])", {});
  comes_back(answer, R"({"type":10,"data":{"requestId":"5bb38c98a11a6c90","packet":"pong"},)" + tail);
  auto count = message(message_type::broadcast_client_count);
  count.request_id = "df9ba32c42832ac7";
  count.client_count = 1;
  comes_back(count, R"({"type":11,"data":{"requestId":"df9ba32c42832ac7","clientCount":1},)" + tail);
  auto ack = message(message_type::broadcast_ack);
  ack.request_id = "df9ba32c42832ac7";
  ack.event = event_data(R"(["r1"])", {});
  comes_back(ack, R"({"type":12,"data":{"requestId":"df9ba32c42832ac7","packet":"r1"},)" + tail);
  ack.event = event_data("[]", {});
  comes_back(ack, R"({"type":12,"data":{"requestId":"df9ba32c42832ac7"},)" + tail);
}

TEST_CASE("an event with binary is the MessagePack of Node", "[cluster][cluster_messages]") {
  const std::string bytes = from_hex(
      "84 a474797065 03 a464617461 82 a67061636b6574 82 a474797065 02 a464617461 92 a362696e c403010203"
      " a46f707473 83 a5726f6f6d73 90 a6657863657074 90 a5666c616773 80 a3756964 b0" +
      to_hex("0e88ebcf0fd2ba3d") + "a36e7370 a12f");
  auto event = message(message_type::broadcast);
  event.event = event_data(R"(["bin",{"_placeholder":true,"num":0}])", {binary(std::string("\x01\x02\x03", 3))});
  CHECK(to_hex(write_message(event)) == to_hex(bytes));
  const auto got = read_message(bytes, "/");
  REQUIRE(got);
  CHECK(got->event.json() == event.event.json());
  CHECK(got->event.attachments() == event.event.attachments());
  CHECK(got->uid == event.uid);
  CHECK(got->to.everybody);

  auto count = message(message_type::broadcast_client_count);
  count.request_id = "df9ba32c42832ac7";
  count.client_count = 1;
  CHECK(to_hex(cluster::write_message_msgpack(count)) ==
        to_hex(from_hex("84 a474797065 0b a464617461 82 a9726571756573744964 b0" + to_hex("df9ba32c42832ac7") +
                        "ab636c69656e74436f756e74 01 a3756964 b0" + to_hex("0e88ebcf0fd2ba3d") + "a36e7370 a12f")));
}

TEST_CASE("binary in an answer comes back, and binary in a socket's data becomes JSON", "[cluster][cluster_messages]") {
  auto answer = message(message_type::broadcast_ack);
  answer.request_id = "r";
  answer.event = event_data(R"([{"deep":{"_placeholder":true,"num":0}}])", {binary("ab")});
  const auto got = read_message(write_message(answer), "/");
  REQUIRE(got);
  CHECK(got->event.json() == answer.event.json());
  CHECK(got->event.attachments() == answer.event.attachments());

  boost::json::object map{{"type", 8}, {"uid", "u"}, {"nsp", "/"}};
  map["data"] = boost::json::object{
      {"requestId", "r"},
      {"sockets", boost::json::array{boost::json::object{
                      {"id", "s"}, {"rooms", boost::json::array()}, {"data", {{"_placeholder", true}, {"num", 0}}}}}}};
  const auto sockets = cluster::message_of(map, {binary(std::string("\x00\xff", 2))}, "/");
  REQUIRE(sockets);
  CHECK(sockets->sockets.at(0).data == boost::json::value{{"type", "Buffer"}, {"data", {0, 255}}});
}

TEST_CASE("a message that names no namespace is of the channel's, and keys are in any order",
          "[cluster][cluster_messages]") {
  const auto got = read_message(
      R"({"nodeId":"x","uid":"emitter","data":{"opts":{"except":[],"rooms":["r",42]},"packet":{"data":[7,"x"],)"
      R"("nsp":"/chat","type":2}},"type":3})",
      "/chat");
  REQUIRE(got);
  CHECK(got->nsp == "/chat");
  CHECK(got->uid == "emitter");
  CHECK_FALSE(got->to.everybody);
  CHECK(got->to.rooms == std::vector<std::string>{"r", "42"});
  CHECK(got->event.json() == R"([7,"x"])");
}

TEST_CASE("a message that is not well formed is put aside whole", "[cluster][cluster_messages]") {
  const std::string opts = R"("opts":{"rooms":[],"except":[]})";
  const std::string packet = R"("packet":{"type":2,"data":["x"]})";
  const std::string rows[] = {
      R"("type":0)",
      R"("type":14)",
      R"("type":"3")",
      R"("type":3)",
      R"("type":3,"data":null)",
      R"("type":3,"data":{)" + packet + "}",
      R"("type":3,"data":{)" + packet + R"(,"opts":null})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{}})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{"rooms":null}})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{"rooms":"a"}})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{"rooms":[null]}})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{"rooms":[["a"]]}})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{"rooms":[],"except":null}})",
      R"("type":3,"data":{)" + packet + R"(,"opts":{"rooms":[],"except":[{}]}})",
      R"("type":3,"data":{)" + packet + "," + opts + R"(,"requestId":7})",
      R"("type":3,"data":{)" + packet + "," + opts + R"(,"requestId":""})",
      R"("type":3,"data":{"packet":{"type":3,"data":["x"]},)" + opts + "}",
      R"("type":3,"data":{"packet":{"type":2,"data":[]},)" + opts + "}",
      R"("type":3,"data":{"packet":{"type":2,"data":[null]},)" + opts + "}",
      R"("type":3,"data":{"packet":{"type":2,"data":"x"},)" + opts + "}",
      R"("type":4,"data":{)" + opts + "}",
      R"("type":4,"data":{)" + opts + R"(,"rooms":"r"})",
      R"("type":5,"data":{"rooms":["r"]})",
      R"("type":6,"data":{"close":true})",
      R"("type":6,"data":{)" + opts + R"(,"close":1})",
      R"("type":7,"data":{)" + opts + "}",
      R"("type":8,"data":{"requestId":"r"})",
      R"("type":8,"data":{"requestId":"r","sockets":[{"rooms":[]}]})",
      R"("type":8,"data":{"requestId":"r","sockets":[{"id":"s"}]})",
      R"("type":9,"data":{"packet":[1.5,{}],"requestId":{}})",
      R"("type":9,"data":{"packet":[]})",
      R"("type":10,"data":{"packet":"pong"})",
      R"("type":11,"data":{"requestId":"r","clientCount":-1})",
      R"("type":11,"data":{"requestId":"r","clientCount":1e300})",
      R"("type":11,"data":{"requestId":"r"})",
      R"("type":12,"data":{"packet":1})",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK_FALSE(read_message("{" + row + R"(,"uid":"u","nsp":"/"})", "/"));
  }
  CHECK_FALSE(read_message(R"({"type":1,"nsp":"/"})", "/"));
  CHECK_FALSE(read_message(R"({"type":1,"uid":7,"nsp":"/"})", "/"));
  CHECK_FALSE(read_message(R"({"type":1,"uid":"","nsp":"/"})", "/"));
  CHECK_FALSE(read_message(R"({"type":1,"uid":"u","nsp":null})", "/"));
  CHECK_FALSE(read_message(R"({"type":1,"uid":"u","nsp":"/"} )" + std::string("x"), "/"));
  for (const char* text : {"", "{", "[]", "null", "{\"a\":}"}) CHECK_FALSE(read_message(text, "/"));
}

TEST_CASE("MessagePack of other origin is put aside", "[cluster][cluster_messages]") {
  const char* const rows[] = {
      "c1", "90", "93a08080", "84a474797065", "ddffffffff",
      // a broadcast of the classic adapter
      "93 a6 49625a304841 83 a474797065 02 a464617461 91 a568656c6c6f a36e7370 a12f"
      " 83 a5726f6f6d73 90 a6657863657074 90 a5666c616773 80",
      // binary where no binary can be: in a room's name
      "84 a474797065 04 a464617461 82 a46f707473 82 a5726f6f6d73 90 a6657863657074 90 a5726f6f6d73 91 c40101"
      " a3756964 a175 a36e7370 a12f",
      // binary beside the event
      "84 a474797065 03 a464617461 82 a67061636b6574 83 a474797065 02 a464617461 91 a178 a178 c40101"
      " a46f707473 82 a5726f6f6d73 90 a6657863657074 90 a3756964 a175 a36e7370 a12f"};
  for (const char* bytes : rows) {
    CAPTURE(bytes);
    CHECK_FALSE(read_message(from_hex(bytes), "/"));
  }
}

TEST_CASE("an event as deep as other servers can read travels, a deeper one is refused where it is sent",
          "[cluster][cluster_messages]") {
  std::string deep = "[\"x\",";
  for (std::size_t i = 1; i < cluster::max_event_depth; ++i) deep += '[';
  for (std::size_t i = 1; i < cluster::max_event_depth; ++i) deep += ']';
  deep += ']';
  auto event = message(message_type::broadcast);
  event.event = event_data(deep, {});
  const auto got = read_message(write_message(event), "/");
  REQUIRE(got);
  CHECK(got->event.json() == deep);
  event.event = event_data("[\"x\",[" + deep + "]]", {});
  CHECK(error_of([&] { write_message(event); }) == errc::bad_argument);
}

TEST_CASE("a message with more values than the limit is put aside whole, and told once",
          "[cluster][cluster_messages]") {
  captured_log log;
  const auto with = [](std::size_t values) {
    std::string out = R"({"type":9,"data":{"packet":["e")";
    for (std::size_t i = 0; i < values; ++i) out += ",[]";
    return out + "]}," + tail;
  };
  CHECK(read_message(with(1'000'000), "/"));
  CHECK(log.count(log_level::error) == 0);
  for (int i = 0; i < 2; ++i) CHECK_FALSE(read_message(with(cluster::max_message_values), "/"));
  CHECK(log.count(log_level::error, "is put aside, because it has more than 4000000 values") == 1);
  if (!cluster::has_redis()) return;  // and nlohmann-json
  // An array that says its length, and empty ones of a byte each.
  const auto packed = [](std::size_t values) {
    std::string out = "\xdd";
    for (unsigned shift = 32; shift != 0; shift -= 8) out += static_cast<char>(values >> (shift - 8));
    return out + std::string(values, '\x90');
  };
  CHECK(cluster::read_value(packed(1'000'000)));
  CHECK_FALSE(cluster::read_value(packed(cluster::max_message_values)));
}

TEST_CASE("an event that is refused where it is sent is one that cannot be read", "[cluster][cluster_messages]") {
  const auto refusal = [](const std::string& json) {
    auto what = message(message_type::broadcast);
    what.event = event_data(json, {});
    return error_of([&] { cluster::check_message(what); });
  };
  const std::string text(1'200, 'x');
  CHECK_FALSE(refusal("[\"" + text + "\"]"));
  CHECK_FALSE(refusal("[\"" + std::string(2'000, '[') + "\"]"));                  // in a string
  CHECK_FALSE(refusal("[\"" + text + "\\\"" + std::string(2'000, '[') + "\"]"));  // behind an escaped quote
  CHECK_FALSE(refusal("[\"" + text + "\"," + std::string(1'021, '[') + std::string(1'021, ']') + "]"));
  CHECK(refusal("[\"" + text + "\"," + std::string(1'022, '[') + std::string(1'022, ']') + "]") == errc::bad_argument);
  std::string numbers = "[\"e\"";
  for (std::size_t i = 0; i + 2 < cluster::max_event_values; ++i) numbers += ",1";
  CHECK_FALSE(refusal(numbers + "]"));
  CHECK(refusal(numbers + ",1]") == errc::bad_argument);
  CHECK(refusal("[\"" + std::string(cluster::max_event_bytes, 'x') + "\"]") == errc::bad_argument);
}

}  // namespace cosio::test
