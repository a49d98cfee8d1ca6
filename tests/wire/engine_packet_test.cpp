// Single Engine.IO packets of both revisions.

#include "wire/engine_packet.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace cosio::wire;
using cosio::errc;
using namespace std::string_view_literals;

namespace {

struct row {
  const char* why;
  revision rev;
  std::string_view bytes;
  packet_type type;
  bool binary;
  std::string_view data;
};

void check(const engine_packet& packet, const row& r) {
  CHECK(packet.type == r.type);
  CHECK(packet.binary == r.binary);
  CHECK(packet.data == r.data);
}

constexpr auto v3 = revision::v3;
constexpr auto v4 = revision::v4;

}  // namespace

TEST_CASE("Engine.IO packets are read from text", "[wire][engine_packet]") {
  const row rows[] = {
      {"open", v4, "0{\"sid\":\"x\"}", packet_type::open, false, "{\"sid\":\"x\"}"},
      {"close", v4, "1", packet_type::close, false, ""},
      {"ping", v4, "2", packet_type::ping, false, ""},
      {"probe", v4, "2probe", packet_type::ping, false, "probe"},
      {"pong", v4, "3", packet_type::pong, false, ""},
      {"message, edge case 57", v4, "4hello", packet_type::message, false, "hello"},
      {"message without data, edge case 181", v4, "4", packet_type::message, false, ""},
      {"message with multibyte text, edge case 87", v4, "4\xE2\x82\xAC", packet_type::message, false, "\xE2\x82\xAC"},
      {"upgrade", v4, "5", packet_type::upgrade, false, ""},
      {"noop", v4, "6", packet_type::noop, false, ""},
      {"message that begins with b", v4, "4b", packet_type::message, false, "b"},
      {"base64, edge case 115", v4, "bAQID", packet_type::message, true, "\x01\x02\x03"},
      {"base64 with padding, edge case 59", v4, "bAQIDBA==", packet_type::message, true, "\x01\x02\x03\x04"},
      {"base64 of nothing", v4, "b", packet_type::message, true, ""},
      {"revision 3 text", v3, "4hello", packet_type::message, false, "hello"},
      {"revision 3 ping with data, edge case 99", v3, "2probe", packet_type::ping, false, "probe"},
      {"revision 3 base64, edge case 90", v3, "b4AQIDBA==", packet_type::message, true, "\x01\x02\x03\x04"},
      {"revision 3 base64 of nothing", v3, "b4", packet_type::message, true, ""},
      {"revision 3 base64 of unknown type is ignorable", v3, "b9AQID", packet_type::noop, false, ""},
      {"revision 3 base64 of the first unknown type", v3, "b7AQID", packet_type::noop, false, ""},
      {"revision 3 base64 without a type is ignorable", v3, "b", packet_type::noop, false, ""},
      {"revision 3 base64 type below the digits", v3, "b/AQID", packet_type::noop, false, ""},
      {"revision 3 only messages are binary", v3, "b2AQID", packet_type::ping, false, ""},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    std::string scratch;
    const auto packet = decode_text_packet(r.rev, r.bytes, scratch);
    REQUIRE(packet.has_value());
    check(*packet, r);
  }
}

TEST_CASE("text that is no Engine.IO packet is refused", "[wire][engine_packet]") {
  struct bad_row {
    const char* why;
    std::string_view text;
    errc code;
  };
  const bad_row rows[] = {
      {"nothing, edge case 112", "", errc::packet_empty},
      {"a letter, edge case 112", "abc", errc::packet_type},
      {"a digit above the types, edge case 112", "7", errc::packet_type},
      {"the character below '0'", "/", errc::packet_type},
      {"a space before the type", " 4", errc::packet_type},
      {"a numeric type, which is binary's", "\x04x", errc::packet_type},
      {"a byte above ASCII", "\xFF", errc::packet_type},
  };
  for (const bad_row& r : rows) {
    CAPTURE(r.why);
    for (const revision rev : {v3, v4}) {
      std::string scratch;
      const auto packet = decode_text_packet(rev, r.text, scratch);
      REQUIRE(packet.has_error());
      CHECK(packet.error().code == r.code);
      CHECK(packet.error().offset == 0);
    }
  }
}

TEST_CASE("binary frames are read, and what revision 3 does not know is ignorable", "[wire][engine_packet]") {
  const row rows[] = {
      {"all of it is a message", v4, "\x04\x01"sv, packet_type::message, true, "\x04\x01"sv},
      {"an empty message", v4, "", packet_type::message, true, ""},
      {"revision 3 message, edge case 103", v3, "\x04\x01\x02"sv, packet_type::message, true, "\x01\x02"sv},
      {"revision 3 empty message", v3, "\x04", packet_type::message, true, ""},
      {"revision 3 unknown type, edge case 103", v3, "\x09\x01", packet_type::noop, false, ""},
      {"revision 3 first unknown type", v3, "\x07\x01", packet_type::noop, false, ""},
      {"revision 3 type as a digit is unknown", v3, "4\x01", packet_type::noop, false, ""},
      {"revision 3 byte above 127", v3, "\xFF\x01", packet_type::noop, false, ""},
      {"revision 3 empty frame, edge case 103", v3, "", packet_type::noop, false, ""},
      {"revision 3 ping", v3, "\x02", packet_type::ping, false, ""},
      {"revision 3 open, type byte zero", v3, "\0x"sv, packet_type::open, false, ""},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    check(decode_binary_packet(r.rev, r.bytes), r);
  }
}

TEST_CASE("packets are written in their text form", "[wire][engine_packet]") {
  const row rows[] = {
      {"ping", v4, "2", packet_type::ping, false, ""},
      {"answer to a probe", v4, "3probe", packet_type::pong, false, "probe"},
      {"message", v4, "4hello", packet_type::message, false, "hello"},
      {"binary message", v4, "bAQIDBA==", packet_type::message, true, "\x01\x02\x03\x04"},
      {"empty binary message", v4, "b", packet_type::message, true, ""},
      {"revision 3 message", v3, "4hello", packet_type::message, false, "hello"},
      {"revision 3 binary message, edge case 104", v3, "b4AQIDBA==", packet_type::message, true, "\x01\x02\x03\x04"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    std::string out = ">";
    append_text_packet(out, r.rev, {r.type, r.binary, r.data});
    CHECK(out == ">" + std::string(r.bytes));
    std::string scratch;
    const auto packet = decode_text_packet(r.rev, r.bytes, scratch);
    REQUIRE(packet.has_value());
    check(*packet, r);
  }
}
