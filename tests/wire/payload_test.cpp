// Polling bodies of both revisions.

#include "wire/payload.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace cosio::wire;
using cosio::errc;
using cosio::fault;
using namespace std::string_view_literals;

namespace {

struct packet_copy {
  packet_type type;
  bool binary;
  std::string data;

  friend bool operator==(const packet_copy&, const packet_copy&) = default;
};

packet_copy text(std::string data) { return {packet_type::message, false, std::move(data)}; }
packet_copy bytes(std::string data) { return {packet_type::message, true, std::move(data)}; }
packet_copy bare(packet_type type) { return {type, false, {}}; }

struct reading {
  std::vector<packet_copy> packets;
  std::optional<fault> wrong;
};

enum class form { v4, v3_text, v3_binary };

revision revision_of(form f) { return f == form::v4 ? revision::v4 : revision::v3; }

reading read(form f, std::string_view body, payload_limits limits = {}) {
  const std::vector<char> exact(body.begin(), body.end());  // so that a sanitizer sees the end
  payload_reader reader(revision_of(f), {exact.data(), exact.size()}, f == form::v3_binary, limits);
  reading seen;
  for (;;) {
    const auto packet = reader.next();
    if (packet.has_error()) {
      seen.wrong = packet.error();
      const auto again = reader.next();
      REQUIRE(again.has_error());
      CHECK(again.error().code == packet.error().code);
      return seen;
    }
    if (!*packet) {
      CHECK_FALSE(reader.next()->has_value());
      return seen;
    }
    seen.packets.push_back({(*packet)->type, (*packet)->binary, std::string((*packet)->data)});
  }
}

std::string write(form f, const std::vector<packet_copy>& packets) {
  payload_writer writer(revision_of(f), f == form::v3_binary);
  std::size_t expected = 0;
  for (const packet_copy& packet : packets) {
    const engine_packet view{packet.type, packet.binary, packet.data};
    expected += writer.size_of(view);
    writer.add(view);
    CHECK(writer.body().size() == expected);
  }
  return writer.take();
}

struct good_row {
  const char* why;
  form f;
  std::string_view body;
  std::vector<packet_copy> packets;
};

const std::string four = "\x01\x02\x03\x04";

// Bodies that are read and written alike.
std::vector<good_row> good_rows() {
  return {
      {"edge case 57", form::v4, "4hello", {text("hello")}},
      {"edge case 58",
       form::v4,
       "4test1\x1e"
       "4test2\x1e"
       "4test3",
       {text("test1"), text("test2"), text("test3")}},
      {"edge case 59",
       form::v4,
       "4hello\x1e"
       "bAQIDBA==",
       {text("hello"), bytes(four)}},
      {"three packets",
       form::v4,
       "4hello\x1e"
       "2\x1e"
       "4world",
       {text("hello"), bare(packet_type::ping), text("world")}},
      {"multibyte text, edge case 87", form::v4, "4\xE2\x82\xAC", {text("\xE2\x82\xAC")}},
      {"empty binary message at the end",
       form::v4,
       "2\x1e"
       "b",
       {bare(packet_type::ping), bytes("")}},
      {"close behind noop, edge case 79",
       form::v4,
       "6\x1e"
       "1",
       {bare(packet_type::noop), bare(packet_type::close)}},
      {"multibyte text", form::v3_text, "6:4hello2:4\xE2\x82\xAC", {text("hello"), text("\xE2\x82\xAC")}},
      {"edge case 89", form::v3_text, "6:4test16:4test26:4test3", {text("test1"), text("test2"), text("test3")}},
      {"edge case 90", form::v3_text, "10:b4AQIDBA==", {bytes(four)}},
      {"text and base64",
       form::v3_text,
       "2:4\xE2\x82\xAC"
       "10:b4AQIDBA==",
       {text("\xE2\x82\xAC"), bytes(four)}},
      {"edge case 95",
       form::v3_text,
       "18:42[\"message\",\"\xF0\x9F\x98\x80\"]",
       {text("2[\"message\",\"\xF0\x9F\x98\x80\"]")}},
      {"edge case 98", form::v3_text, "1:2", {bare(packet_type::ping)}},
      {"edge case 101", form::v3_text, "1:1", {bare(packet_type::close)}},
      {"edge case 111", form::v3_text, "1:61:1", {bare(packet_type::noop), bare(packet_type::close)}},
      {"edge case 218", form::v3_text, "2:40", {text("0")}},
      {"edge case 91",
       form::v3_binary,
       "\x00\x06\xff\x34hello\x01\x05\xff\x04\x01\x02\x03\x04"sv,
       {text("hello"), bytes(four)}},
      {"edge case 93",
       form::v3_binary,
       "\x00\x01\x03\xff\x34\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\x01\x05\xff\x04\x01\x02\x03\x04"sv,
       {text("\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"), bytes(four)}},
      {"length of two digits",
       form::v3_binary,
       "\x00\x05\x06\xff\x34"
       "51-[\"baz\",{\"_placeholder\":true,\"num\":0},\"012345678901\"]\x01\x01\xff\x04"sv,
       {text("51-[\"baz\",{\"_placeholder\":true,\"num\":0},\"012345678901\"]"), bytes("")}},
  };
}

}  // namespace

TEST_CASE("polling bodies are split into packets", "[wire][payload]") {
  for (const good_row& row : good_rows()) {
    CAPTURE(row.why);
    const reading seen = read(row.f, row.body);
    CHECK_FALSE(seen.wrong.has_value());
    CHECK(seen.packets == row.packets);
  }
}

TEST_CASE("packets are joined to polling bodies", "[wire][payload]") {
  for (const good_row& row : good_rows()) {
    CAPTURE(row.why);
    CHECK(write(row.f, row.packets) == row.body);
  }
}

TEST_CASE("an odd but harmless polling body is read", "[wire][payload]") {
  const good_row rows[] = {
      {"close does not stop the reader",
       form::v4,
       "1\x1e"
       "4x",
       {bare(packet_type::close), text("x")}},
      {"a zero length is skipped, edge case 97", form::v3_text, "0:2:4a", {text("a")}},
      {"a zero length at the end", form::v3_text, "2:4a0:", {text("a")}},
      {"nothing but a zero length", form::v3_text, "0:", {}},
      {"leading zeros", form::v3_text, "002:4a", {text("a")}},
      {"an ignorable packet", form::v3_text, "5:b9AQI2:4a", {bare(packet_type::noop), text("a")}},
      {"a zero length in the binary form",
       form::v3_binary,
       "\x00\x00\xff\x01\x00\xff\x00\x02\xff"
       "4a"sv,
       {text("a")}},
      {"any mark but zero is binary", form::v3_binary, "\x07\x02\xff\x04z"sv, {bytes("z")}},
      {"an unknown binary type is ignorable", form::v3_binary, "\x01\x02\xff\x09z"sv, {bare(packet_type::noop)}},
      {"a colon in the text", form::v3_text, "4:4a:b", {text("a:b")}},
  };
  for (const good_row& row : rows) {
    CAPTURE(row.why);
    const reading seen = read(row.f, row.body);
    CHECK_FALSE(seen.wrong.has_value());
    CHECK(seen.packets == row.packets);
  }
}

TEST_CASE("a polling body that breaks the rules is refused, with the place, after its good packets",
          "[wire][payload]") {
  struct row {
    const char* why;
    form f;
    std::string_view body;
    std::vector<packet_copy> packets;
    errc code;
    std::size_t offset;
  };
  const row rows[] = {
      {"nothing at all, edge case 60", form::v4, "", {}, errc::packet_empty, 0},
      {"unknown type, edge case 60", form::v4, "abc", {}, errc::packet_type, 0},
      {"separator at the end, edge case 60", form::v4, "4a\x1e", {text("a")}, errc::packet_empty, 3},
      {"separator at the front",
       form::v4,
       "\x1e"
       "4a",
       {},
       errc::packet_empty,
       0},
      {"two separators",
       form::v4,
       "4a\x1e\x1e"
       "4b",
       {text("a")},
       errc::packet_empty,
       3},
      {"good before bad, edge case 61",
       form::v4,
       "4a\x1e"
       "9\x1e"
       "4b",
       {text("a")},
       errc::packet_type,
       3},
      {"no UTF-8",
       form::v4,
       "4a\x1e"
       "4\xFF",
       {text("a")},
       errc::bad_utf8,
       3},
      {"a sign cut in two by the separator", form::v4, "4\xE2\x82\x1e\xAC", {}, errc::bad_utf8, 0},
      {"nothing at all, edge case 96", form::v3_text, "", {}, errc::packet_empty, 0},
      {"more than there is, edge case 96", form::v3_text, "7:4hello", {}, errc::payload_length, 0},
      {"no length, edge case 96", form::v3_text, "abc", {}, errc::payload_length, 0},
      {"negative length, edge case 96", form::v3_text, "-1:4", {}, errc::payload_length, 0},
      {"unknown type, edge case 96", form::v3_text, "2:4a1:7", {text("a")}, errc::packet_type, 6},
      {"a colon alone", form::v3_text, ":4a", {}, errc::payload_length, 0},
      {"digits without a colon", form::v3_text, "2:4a12", {text("a")}, errc::payload_length, 4},
      {"text behind the last packet", form::v3_text, "2:4abc", {text("a")}, errc::payload_length, 4},
      {"a number as JavaScript writes it", form::v3_text, "0x2:4a", {}, errc::payload_length, 0},
      {"a character that would count as eleven", form::v3_text, "0;:4aaaaaaaaaa", {}, errc::payload_length, 0},
      {"a number with an exponent", form::v3_text, "2e0:4a", {}, errc::payload_length, 0},
      {"a number with a fraction", form::v3_text, "2.0:4a", {}, errc::payload_length, 0},
      {"a space before the number", form::v3_text, " 2:4a", {}, errc::payload_length, 0},
      {"more digits than any length has", form::v3_text, "00000000000000002:4a", {}, errc::payload_length, 0},
      {"a length that would overflow", form::v3_text, "18446744073709551618:4a", {}, errc::payload_length, 0},
      {"byte length of an emoji, edge case 95", form::v3_text, "5:4\xF0\x9F\x98\x80", {}, errc::payload_length, 0},
      {"a length that splits a surrogate pair", form::v3_text, "2:4\xF0\x9F\x98\x80", {}, errc::payload_length, 0},
      {"no UTF-8", form::v3_text, "2:4a2:4\xFF", {text("a")}, errc::bad_utf8, 6},
      {"nothing at all", form::v3_binary, "", {}, errc::packet_empty, 0},
      {"a mark alone", form::v3_binary, "\x00"sv, {}, errc::payload_length, 0},
      {"no digits", form::v3_binary, "\x00\xff"sv, {}, errc::payload_length, 0},
      {"a digit above nine",
       form::v3_binary,
       "\x00\x0a\xff"
       "4aaaaaaaaa"sv,
       {},
       errc::payload_length,
       0},
      {"a digit as text",
       form::v3_binary,
       "\x00\x32\xff"
       "4a"sv,
       {},
       errc::payload_length,
       0},
      {"digits without an end", form::v3_binary, "\x00\x02"sv, {}, errc::payload_length, 0},
      {"more than there is",
       form::v3_binary,
       "\x00\x02\xff"
       "4a\x01\x05\xff\x04"sv,
       {text("a")},
       errc::payload_length,
       5},
      {"unknown type in text",
       form::v3_binary,
       "\x00\x01\xff"
       "9"sv,
       {},
       errc::packet_type,
       3},
      {"no UTF-8 in text",
       form::v3_binary,
       "\x00\x02\xff"
       "4\xFF"sv,
       {},
       errc::bad_utf8,
       3},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const reading seen = read(r.f, r.body);
    CHECK(seen.packets == r.packets);
    REQUIRE(seen.wrong.has_value());
    CHECK(seen.wrong->code == r.code);
    CHECK(seen.wrong->offset == r.offset);
  }
}

TEST_CASE("310 and more digits of a binary length are refused", "[wire][payload]") {
  const std::string body = std::string(1, '\0') + std::string(400, '\x01') +
                           "\xff"
                           "4a";
  const reading seen = read(form::v3_binary, body);
  REQUIRE(seen.wrong.has_value());
  CHECK(seen.wrong->code == errc::payload_length);
}

TEST_CASE("a body of exactly the limit is read, one byte more is refused before any packet", "[wire][payload]") {
  // edge case 69, where http answers 413 before it comes to this
  for (const form f : {form::v4, form::v3_text}) {
    const std::string_view body = f == form::v4 ? "4hello" : "6:4hello";
    CHECK(read(f, body, {body.size(), 10}).packets == std::vector{text("hello")});
    const reading seen = read(f, body, {body.size() - 1, 10});
    CHECK(seen.packets.empty());
    REQUIRE(seen.wrong.has_value());
    CHECK(seen.wrong->code == errc::payload_too_large);
  }
}

TEST_CASE("more packets than the limit are refused after the last one allowed", "[wire][payload]") {
  struct row {
    form f;
    std::string_view body;
  };
  const row rows[] = {{form::v4,
                       "2\x1e"
                       "2\x1e"
                       "2"},
                      {form::v3_text, "1:21:21:2"},
                      {form::v3_binary,
                       "\x00\x01\xff"
                       "2\x00\x01\xff"
                       "2\x00\x01\xff"
                       "2"sv}};
  for (const row& r : rows) {
    CAPTURE(r.body);
    CHECK_FALSE(read(r.f, r.body, {100, 3}).wrong.has_value());
    const reading seen = read(r.f, r.body, {100, 2});
    CHECK(seen.packets.size() == 2);
    REQUIRE(seen.wrong.has_value());
    CHECK(seen.wrong->code == errc::payload_too_large);
  }
}

TEST_CASE("text only goes out as a text payload, edge case 92", "[wire][payload]") {
  CHECK(write(form::v3_text, {text("hello")}) == "6:4hello");
}

TEST_CASE("a handshake of revision 3 is counted in UTF-16 units, edge case 88", "[wire][payload]") {
  const std::string open =
      R"({"sid":"arW4cfVZnsQ2z2NJAAAA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
  const std::vector<packet_copy> packets = {{packet_type::open, false, open}};
  CHECK(write(form::v3_text, packets) == "118:0" + open);
  CHECK(write(form::v4, packets) == "0" + open);
}

TEST_CASE("a writer that was emptied starts anew", "[wire][payload]") {
  payload_writer writer(revision::v4, false);
  CHECK(writer.body().empty());
  writer.add({packet_type::noop, false, {}});
  CHECK(writer.take() == "6");
}
