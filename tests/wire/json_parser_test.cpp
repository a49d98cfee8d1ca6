// Socket.IO packets, whole: edge cases of section G.

#include "wire/json_parser.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "wire/placeholder.hpp"

using namespace cosio::wire;
using cosio::errc;

namespace {

std::string written(const boost::json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace

TEST_CASE("Socket.IO packets are read from text", "[wire][json_parser]") {
  struct row {
    const char* why;
    std::string_view text;
    sio_type type;
    std::string_view nsp;
    std::optional<std::uint64_t> id;
    std::string_view data;  // empty for none
  };
  const row rows[] = {
      {"connect, edge case 185", "0", sio_type::connect, "/", {}, ""},
      {"connect with auth", R"(0/admin,{"token":"123"})", sio_type::connect, "/admin", {}, R"({"token":"123"})"},
      {"connect without a comma, edge case 186", "0/custom", sio_type::connect, "/custom", {}, ""},
      {"connect with an id that nobody needs", R"(0/custom,5{"t":1})", sio_type::connect, "/custom", 5, R"({"t":1})"},
      {"disconnect", "1/admin,", sio_type::disconnect, "/admin", {}, ""},
      {"event, edge case 222",
       R"(2["message",1,"2",{"3":[true]}])",
       sio_type::event,
       "/",
       {},
       R"(["message",1,"2",{"3":[true]}])"},
      {"event with an id, edge case 224", R"(2456["message-with-ack"])", sio_type::event, "/", 456,
       R"(["message-with-ack"])"},
      {"leading zeros, edge case 173", R"(2007["ack"])", sio_type::event, "/", 7, R"(["ack"])"},
      {"main namespace, edge case 176", R"(2/,["x"])", sio_type::event, "/", {}, R"(["x"])"},
      {"numeric event, edge case 161", R"(2[1,"a"])", sio_type::event, "/", {}, R"([1,"a"])"},
      {"fractional event", "2[1.5]", sio_type::event, "/", {}, "[1.5]"},
      {"empty event name", R"(2[""])", sio_type::event, "/", {}, R"([""])"},
      {"event named error, edge case 160", R"(2["error",1])", sio_type::event, "/", {}, R"(["error",1])"},
      {"event named connection", R"(2["connection"])", sio_type::event, "/", {}, R"(["connection"])"},
      {"reserved names are case-sensitive", R"(2["Connect"])", sio_type::event, "/", {}, R"(["Connect"])"},
      {"white space behind the payload", "2[\"x\"] \n", sio_type::event, "/", {}, R"(["x"])"},
      {"placeholder in a plain event, edge case 170",
       R"(2["x",{"_placeholder":true,"num":9}])",
       sio_type::event,
       "/",
       {},
       R"(["x",{"_placeholder":true,"num":9}])"},
      {"duplicate keys, edge case 177",
       R"(2["x",{"a":1,"a":2,"__proto__":3}])",
       sio_type::event,
       "/",
       {},
       R"(["x",{"a":2,"__proto__":3}])"},
      {"ack", R"(3/admin,13["bar"])", sio_type::ack, "/admin", 13, R"(["bar"])"},
      {"ack of nothing", "312[]", sio_type::ack, "/", 12, "[]"},
      {"ack without a payload", "31", sio_type::ack, "/", 1, ""},
      {"ack without an id", "3[]", sio_type::ack, "/", {}, "[]"},
      {"connect error, edge case 182", R"(4{"message":"x"})", sio_type::connect_error, "/", {}, R"({"message":"x"})"},
      {"error that is a number", "4-0", sio_type::connect_error, "/", {}, "0"},
      {"error of protocol 4",
       R"(4/admin,"Not authorized")",
       sio_type::connect_error,
       "/admin",
       {},
       R"("Not authorized")"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    packet_decoder decoder;
    const auto packet = decoder.text(r.text);
    REQUIRE(packet.has_value());
    REQUIRE(packet->has_value());
    CHECK((*packet)->header.type == r.type);
    CHECK((*packet)->header.nsp == r.nsp);
    CHECK((*packet)->header.id == r.id);
    CHECK((*packet)->has_data == !r.data.empty());
    CHECK(written((*packet)->data) == (r.data.empty() ? "null" : r.data));
    CHECK((*packet)->attachments.empty());
    CHECK_FALSE(decoder.pending());
    CHECK(decoder.buffered() == 0);
  }
}

TEST_CASE("text that is no Socket.IO packet is refused", "[wire][json_parser]") {
  struct row {
    const char* why;
    std::string_view text;
    errc code;
    std::size_t offset;
  };
  const row rows[] = {
      {"nothing, edge case 181", "", errc::packet_empty, 0},
      {"unknown type, edge case 155", "7", errc::packet_type, 0},
      {"object, edge case 156", "2{}", errc::bad_payload, 1},
      {"empty array, edge case 156", "2[]", errc::bad_payload, 1},
      {"null as a name, edge case 156, CVE-2023-32695", "2[null]", errc::bad_payload, 1},
      {"boolean as a name, edge case 156", "2[true]", errc::bad_payload, 1},
      {"object as a name, edge case 156", R"(2[{"toString":1}])", errc::bad_payload, 1},
      {"array as a name", "2[[]]", errc::bad_payload, 1},
      {"truncated, edge case 156", R"(2["x")", errc::bad_json, 5},
      {"a word before the payload, edge case 157", R"(2abc["x"])", errc::bad_json, 1},
      {"no payload, edge case 158: the protocol's text, not the reference", "2", errc::bad_payload, 1},
      {"connect, edge case 159", R"(2["connect"])", errc::reserved_event, 1},
      {"connect_error, edge case 159", R"(2["connect_error",1])", errc::reserved_event, 1},
      {"disconnect, edge case 159", R"(2/admin,1["disconnect"])", errc::reserved_event, 9},
      {"disconnecting, edge case 159", R"(2["disconnecting"])", errc::reserved_event, 1},
      {"newListener, edge case 159", R"(2["newListener"])", errc::reserved_event, 1},
      {"removeListener, edge case 159", R"(2["removeListener"])", errc::reserved_event, 1},
      {"reserved in a binary event", R"(51-["connect"])", errc::reserved_event, 3},
      {"connect with an array, edge case 162", "0[]", errc::bad_payload, 1},
      {"connect with a string, edge case 162", R"(0"x")", errc::bad_payload, 1},
      {"connect with null, edge case 162", "0null", errc::bad_payload, 1},
      {"connect with bad JSON", "0{", errc::bad_json, 2},
      {"disconnect with a payload, edge case 163", "1{}", errc::bad_payload, 1},
      {"zero attachments, edge case 164", R"(50-["a"])", errc::attachments_count, 2},
      {"negative id, edge case 174", R"(2-1["x"])", errc::bad_json, 3},
      {"fractional id, edge case 174", R"(21.5["x"])", errc::bad_json, 2},
      {"id with an exponent, edge case 174", R"(21e3["x"])", errc::bad_json, 2},
      {"a space for an id, edge case 175", R"(2 ["x"])", errc::bad_payload, 1},
      {"a space before an id", R"(2 12["x"])", errc::bad_payload, 1},
      {"a line end before the payload", "2/a,12\n[\"x\"]", errc::bad_payload, 6},
      {"ack with an object", "31{}", errc::bad_payload, 2},
      {"ack with null", "31null", errc::bad_payload, 2},
      {"a name that swallows the payload", R"(2/custom["x"])", errc::bad_payload, 13},
      {"binary event without a payload", "51-", errc::bad_payload, 3},
      {"binary event with bad JSON, before its attachments", R"(51-["x")", errc::bad_json, 7},
      {"no UTF-8", "2[\"\xFF\"]", errc::bad_json, 3},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    packet_decoder decoder;
    const auto packet = decoder.text(r.text);
    REQUIRE(packet.has_error());
    CHECK(packet.error().code == r.code);
    CHECK(packet.error().offset == r.offset);
    CHECK_FALSE(decoder.pending());
  }
}

TEST_CASE("a binary event is whole with its last attachment", "[wire][json_parser]") {
  // edge case 223
  packet_decoder decoder;
  const std::string text = R"(52-/chat,7["baz",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])";
  const auto head = decoder.text(text);
  REQUIRE(head.has_value());
  CHECK_FALSE(head->has_value());
  CHECK(decoder.pending());
  CHECK(decoder.buffered() == text.size());
  const auto first = decoder.binary("\x01\x02");
  REQUIRE(first.has_value());
  CHECK_FALSE(first->has_value());
  CHECK(decoder.buffered() == text.size() + 2);
  const auto last = decoder.binary("");
  REQUIRE(last.has_value());
  REQUIRE(last->has_value());
  const socket_packet& packet = **last;
  CHECK(packet.header.type == sio_type::binary_event);
  CHECK(packet.header.nsp == "/chat");
  CHECK(packet.header.id == 7);
  REQUIRE(packet.attachments.size() == 2);
  CHECK(packet.attachments[0].view() == "\x01\x02");
  CHECK(packet.attachments[1].empty());
  CHECK(placeholder_index(packet.data.at(1)) == 1);  // edge case 169: resolved by num
  CHECK_FALSE(decoder.pending());
  CHECK(decoder.buffered() == 0);
}

TEST_CASE("a binary acknowledgement is read, and the decoder is ready for the next packet", "[wire][json_parser]") {
  // edge case 225
  packet_decoder decoder;
  for (int i = 0; i < 2; ++i) {
    REQUIRE_FALSE(decoder.text(R"(61-789[{"_placeholder":true,"num":0}])")->has_value());
    const auto packet = decoder.binary("x");
    REQUIRE(packet.has_value());
    REQUIRE(packet->has_value());
    CHECK((*packet)->header.type == sio_type::binary_ack);
    CHECK((*packet)->header.id == 789);
    REQUIRE(decoder.text(R"(2["next"])")->has_value());
  }
}

TEST_CASE("attachments that no placeholder names are let through", "[wire][json_parser]") {
  packet_decoder decoder;
  REQUIRE_FALSE(decoder.text(R"(51-["a"])")->has_value());
  const auto packet = decoder.binary("x");
  REQUIRE(packet.has_value());
  CHECK((*packet)->attachments.size() == 1);
}

TEST_CASE("text while attachments are awaited is refused", "[wire][json_parser]") {
  // edge case 166
  packet_decoder decoder;
  REQUIRE_FALSE(decoder.text(R"(51-["a",{"_placeholder":true,"num":0}])")->has_value());
  const auto packet = decoder.text(R"(2["b"])");
  REQUIRE(packet.has_error());
  CHECK(packet.error().code == errc::text_while_binary);
  CHECK_FALSE(decoder.pending());
  CHECK(decoder.buffered() == 0);
}

TEST_CASE("binary that nothing announced is refused", "[wire][json_parser]") {
  // edge case 167
  packet_decoder decoder;
  CHECK(decoder.binary("x").error().code == errc::unexpected_binary);
  REQUIRE(decoder.text(R"(2["a"])")->has_value());
  CHECK(decoder.binary("x").error().code == errc::unexpected_binary);
  REQUIRE_FALSE(decoder.text(R"(51-["a"])")->has_value());
  REQUIRE(decoder.binary("x")->has_value());
  CHECK(decoder.binary("x").error().code == errc::unexpected_binary);
}

TEST_CASE("zero announced attachments open nothing", "[wire][json_parser]") {
  // CVE-2026-69185
  packet_decoder decoder;
  CHECK(decoder.text(R"(50-["a"])").error().code == errc::attachments_count);
  CHECK(decoder.binary("x").error().code == errc::unexpected_binary);
  CHECK(decoder.buffered() == 0);
}

TEST_CASE("placeholders that name no attachment are refused with the last one", "[wire][json_parser]") {
  // edge case 168, CVE-2022-2421
  const std::string_view rows[] = {
      R"(51-["a",{"_placeholder":true,"num":"splice"}])", R"(51-["a",{"_placeholder":true,"num":1}])",
      R"(51-["a",{"_placeholder":true,"num":-1}])",       R"(51-["a",{"_placeholder":true,"num":0.5}])",
      R"(51-["a",{"_placeholder":true,"num":1e300}])",    R"(51-["a",{"_placeholder":true}])",
      R"(61-1[{"_placeholder":true,"num":null}])",
  };
  for (const std::string_view row : rows) {
    CAPTURE(row);
    packet_decoder decoder;
    const auto head = decoder.text(row);
    REQUIRE(head.has_value());
    const auto packet = decoder.binary("x");
    REQUIRE(packet.has_error());
    CHECK(packet.error().code == errc::bad_placeholder);
    CHECK_FALSE(decoder.pending());
    CHECK(decoder.buffered() == 0);
  }
}

TEST_CASE("attachments are limited in number before the first arrives", "[wire][json_parser]") {
  // edge case 165, CVE-2026-33151
  decoder_limits limits;
  limits.header.max_attachments = 10;
  packet_decoder decoder(limits);
  CHECK_FALSE(decoder.text(R"(510-["a"])")->has_value());
  packet_decoder other(limits);
  CHECK(other.text(R"(511-["a"])").error().code == errc::too_many_attachments);
  CHECK(other.text(R"(5999999999-["a"])").error().code == errc::too_many_attachments);
}

TEST_CASE("text and attachments share one limit of bytes", "[wire][json_parser]") {
  decoder_limits limits;
  limits.max_packet_bytes = 20;
  const std::string text = R"(52-["a",0])";  // 10 bytes
  packet_decoder exact(limits);
  REQUIRE_FALSE(exact.text(text)->has_value());
  REQUIRE_FALSE(exact.binary(std::string(6, 'x'))->has_value());
  CHECK(exact.binary(std::string(4, 'x'))->has_value());
  packet_decoder over(limits);
  REQUIRE_FALSE(over.text(text)->has_value());
  REQUIRE_FALSE(over.binary(std::string(6, 'x'))->has_value());
  CHECK(over.binary(std::string(5, 'x')).error().code == errc::too_many_attachments);
  CHECK(over.buffered() == 0);
  CHECK(over.text("2[\"0123456789012345\"]").error().code == errc::message_too_large);
  CHECK(over.text("2[\"012345678901234\"]")->has_value());
}

TEST_CASE("a decoder that is destroyed while it waits gives everything back", "[wire][json_parser]") {
  // edge case 172; a leak would be the sanitizer's find
  packet_decoder decoder;
  REQUIRE_FALSE(decoder.text(R"(53-["a"])")->has_value());
  REQUIRE_FALSE(decoder.binary(std::string(1000, 'x'))->has_value());
  CHECK(decoder.buffered() > 1000);
}

TEST_CASE("a packet's head outlives the text of its attachments' announcement", "[wire][json_parser]") {
  packet_decoder decoder;
  {
    const std::string short_lived = R"(51-/a/namespace/that/is/not/short,["a",{"_placeholder":true,"num":0}])";
    REQUIRE_FALSE(decoder.text(short_lived)->has_value());
  }
  const auto packet = decoder.binary("x");
  REQUIRE(packet.has_value());
  CHECK((*packet)->header.nsp == "/a/namespace/that/is/not/short");
}

TEST_CASE("six names are reserved", "[wire][json_parser]") {
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}) {
    CHECK(is_reserved_event(name));
  }
  for (const char* name : {"", "error", "connection", "new_namespace", "Connect", "connect ", "newlistener"}) {
    CHECK_FALSE(is_reserved_event(name));
  }
}
