// RFC 6455 frames: every table is read whole, byte by byte, and in pieces between.

#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "wire/client_frame.hpp"

using namespace cosio::wire;
using cosio::errc;
using cosio::test::client_frame;
using namespace std::string_view_literals;
using kind = frame_item::kind;

namespace {

struct item_copy {
  kind what;
  std::string data;
  std::uint16_t code = 1005;
  bool compressed = false;

  friend bool operator==(const item_copy&, const item_copy&) = default;
};

struct reading {
  std::vector<item_copy> items;
  std::optional<errc> wrong;
  std::size_t buffered = 0;  // at the end
};

// Feeds the reader pieces in memory of exactly their size, so that a sanitizer sees every byte too far.
reading read(std::string_view bytes, frame_limits limits, std::size_t piece) {
  frame_reader reader(limits);
  reading seen;
  for (; !bytes.empty() && !seen.wrong; bytes.remove_prefix(std::min(piece, bytes.size()))) {
    std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(piece, bytes.size())));
    std::span<char> input(exact);
    for (;;) {
      const auto item = reader.next(input);
      if (item.has_error()) {
        seen.wrong = item.error().code;
        const auto again = reader.next(input);
        REQUIRE(again.has_error());
        CHECK(again.error().code == item.error().code);
        break;
      }
      if (item->what == kind::need_more) {
        CHECK(input.empty());
        break;
      }
      seen.items.push_back({item->what, std::string(item->data), item->close_code, item->compressed});
    }
  }
  seen.buffered = reader.buffered();
  return seen;
}

constexpr std::size_t whole = 1'000'000'000;
const std::size_t pieces[] = {whole, 1, 2, 3, 5, 7, 64, 1000};

std::string frame(std::uint8_t op, std::string_view payload, bool fin = true) {
  client_frame made;
  made.op = op;
  made.payload = payload;
  made.fin = fin;
  return made.bytes();
}

std::string operator+(std::string a, const client_frame& b) { return a + b.bytes(); }

client_frame with_reserved(std::uint8_t op, std::uint8_t reserved, std::string_view payload, bool fin = true) {
  client_frame made;
  made.op = op;
  made.reserved = reserved;
  made.payload = payload;
  made.fin = fin;
  return made;
}

std::string close_with(std::uint16_t code, std::string_view reason = "") {
  return frame(0x8, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + std::string(reason));
}

}  // namespace

TEST_CASE("good frames are read, whole and in pieces", "[wire][websocket_frame]") {
  struct row {
    const char* why;
    std::string bytes;
    std::vector<item_copy> items;
  };
  const std::string euro = "\xE2\x82\xAC";
  const std::string kilo(1000, 'k');
  const std::string large(70'000, 'l');
  const std::string odd = std::string(125, 'x') + "\xFF";  // 126 bytes: the first length of two bytes
  const row rows[] = {
      {"RFC 6455, section 5.7", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {{kind::text, "Hello"}}},
      {"an empty text", frame(0x1, ""), {{kind::text, ""}}},
      {"an empty binary", frame(0x2, ""), {{kind::binary, ""}}},
      {"any byte in binary", frame(0x2, "\x00\xFF\xC0"sv), {{kind::binary, std::string("\x00\xFF\xC0"sv)}}},
      {"125 bytes", frame(0x1, odd.substr(0, 125)), {{kind::text, odd.substr(0, 125)}}},
      {"126 bytes", frame(0x2, odd), {{kind::binary, odd}}},
      {"a length of two bytes", frame(0x1, kilo), {{kind::text, kilo}}},
      {"65535 bytes", frame(0x2, large.substr(0, 65'535)), {{kind::binary, large.substr(0, 65'535)}}},
      {"65536 bytes", frame(0x2, large.substr(0, 65'536)), {{kind::binary, large.substr(0, 65'536)}}},
      {"a length of eight bytes", frame(0x1, large), {{kind::text, large}}},
      {"several in one read",
       frame(0x1, "a") + frame(0x2, "b") + frame(0x1, "c"),
       {{kind::text, "a"}, {kind::binary, "b"}, {kind::text, "c"}}},
      {"ping and pong",
       frame(0x9, "are you there") + frame(0xA, ""),
       {{kind::ping, "are you there"}, {kind::pong, ""}}},
      {"the longest ping", frame(0x9, odd.substr(1)), {{kind::ping, odd.substr(1)}}},
      {"fragments, edge case 119",
       frame(0x1, "He", false) + frame(0x0, "ll", false) + frame(0x0, "o"),
       {{kind::text, "Hello"}}},
      {"empty fragments", frame(0x2, "", false) + frame(0x0, "", false) + frame(0x0, ""), {{kind::binary, ""}}},
      {"an empty last fragment", frame(0x1, "ab", false) + frame(0x0, ""), {{kind::text, "ab"}}},
      {"control frames between fragments",
       frame(0x1, "He", false) + frame(0x9, "1") + frame(0x0, "ll", false) + frame(0xA, "2") + frame(0x0, "o"),
       {{kind::ping, "1"}, {kind::pong, "2"}, {kind::text, "Hello"}}},
      {"close between fragments", frame(0x1, "He", false) + frame(0x8, ""), {{kind::close, "", 1005}}},
      {"large fragments", frame(0x2, large, false) + frame(0x0, kilo), {{kind::binary, large + kilo}}},
      {"a sign cut by a fragment",
       frame(0x1, euro.substr(0, 1), false) + frame(0x0, euro.substr(1)),
       {{kind::text, euro}}},
      {"a new message behind fragments",
       frame(0x1, "a", false) + frame(0x0, "b") + frame(0x1, "c"),
       {{kind::text, "ab"}, {kind::text, "c"}}},
      {"half a sign at the end of one message is not carried to the next",
       frame(0x2, "\xE2", false) + frame(0x0, "\x82") + frame(0x1, "c", false) + frame(0x0, ""),
       {{kind::binary, "\xE2\x82"}, {kind::text, "c"}}},
      {"close without a code", frame(0x8, ""), {{kind::close, "", 1005}}},
      {"close with an application's code, edge case 120", close_with(4000), {{kind::close, "", 4000}}},
      {"close with a reason", close_with(1000, "bye " + euro), {{kind::close, "bye " + euro, 1000}}},
      {"close with the longest reason",
       close_with(1001, kilo.substr(0, 123)),
       {{kind::close, kilo.substr(0, 123), 1001}}},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    for (const std::size_t piece : pieces) {
      CAPTURE(piece);
      const reading seen = read(r.bytes, {}, piece);
      CHECK_FALSE(seen.wrong.has_value());
      CHECK(seen.items == r.items);
    }
  }
}

TEST_CASE("bad frames are refused, whole and in pieces, after the good ones", "[wire][websocket_frame]") {
  struct row {
    const char* why;
    std::string bytes;
    errc code;
    std::size_t good_items;
  };
  client_frame unmasked;
  unmasked.masked = false;
  unmasked.payload = "4hello";
  client_frame long_form;
  long_form.payload = "abc";
  long_form.extended_bytes = 2;
  client_frame longer_form = long_form;
  longer_form.extended_bytes = 8;
  const std::string kilo(1000, 'k');
  client_frame kilo_in_eight;
  kilo_in_eight.payload = kilo;
  kilo_in_eight.extended_bytes = 8;
  const row rows[] = {
      {"no mask, edge case 117", unmasked.bytes(), errc::frame_not_masked, 0},
      {"no mask and nothing else to come", std::string("\x81\x00"sv), errc::frame_not_masked, 0},
      {"RSV1, edge case 117", "" + with_reserved(0x1, 4, "a"), errc::frame_reserved_bits, 0},
      {"RSV2, edge case 117", "" + with_reserved(0x1, 2, "a"), errc::frame_reserved_bits, 0},
      {"RSV3, edge case 117", "" + with_reserved(0x1, 1, "a"), errc::frame_reserved_bits, 0},
      {"RSV1 on a ping", "" + with_reserved(0x9, 4, ""), errc::frame_reserved_bits, 0},
      {"a reserved data opcode", frame(0x3, "a"), errc::frame_opcode, 0},
      {"the last reserved data opcode", frame(0x7, "a"), errc::frame_opcode, 0},
      {"a reserved control opcode", frame(0xB, ""), errc::frame_opcode, 0},
      {"the last reserved control opcode", frame(0xF, ""), errc::frame_opcode, 0},
      {"a good frame first", frame(0x1, "a") + frame(0x3, ""), errc::frame_opcode, 1},
      {"a fragmented ping", frame(0x9, "", false), errc::frame_control, 0},
      {"a fragmented close", frame(0x8, "", false), errc::frame_control, 0},
      {"a ping of 126 bytes", frame(0x9, kilo.substr(0, 126)), errc::frame_control, 0},
      {"a continuation without a start", frame(0x0, "a"), errc::frame_sequence, 0},
      {"a continuation behind the last fragment", frame(0x1, "a", false) + frame(0x0, "b") + frame(0x0, "c"),
       errc::frame_sequence, 1},
      {"a start inside a message", frame(0x1, "a", false) + frame(0x1, "b"), errc::frame_sequence, 0},
      {"a binary start inside a text", frame(0x1, "a", false) + frame(0x2, "b", false), errc::frame_sequence, 0},
      {"three bytes with a length of two", long_form.bytes(), errc::frame_length, 0},
      {"three bytes with a length of eight", longer_form.bytes(), errc::frame_length, 0},
      {"a thousand bytes with a length of eight", kilo_in_eight.bytes(), errc::frame_length, 0},
      {"the top bit of the length", client_frame{}.head(8, 1ULL << 63), errc::frame_length, 0},
      {"a length of 2^63-1, GHSA-6663-c963-2gqg", client_frame{}.head(8, (1ULL << 63) - 1), errc::message_too_large, 0},
      {"a close of one byte", frame(0x8, "\x03"), errc::frame_close_code, 0},
      {"a close reason that is no UTF-8", close_with(1000, "\xFF"), errc::bad_utf8, 0},
      {"text that is no UTF-8, edge case 118", frame(0x1, "4\xFF"), errc::bad_utf8, 0},
      {"text that ends within a sign", frame(0x1, "4\xE2\x82"), errc::bad_utf8, 0},
      {"fragments that are no UTF-8", frame(0x1, "4\xE2", false) + frame(0x0, "a", false), errc::bad_utf8, 0},
      {"fragments that end within a sign", frame(0x1, "4", false) + frame(0x0, "\xE2"), errc::bad_utf8, 0},
      {"a fragmented text that ends within a sign, by an empty fragment",
       frame(0x1, "\xE2\x82", false) + frame(0x0, ""), errc::bad_utf8, 0},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    for (const std::size_t piece : pieces) {
      CAPTURE(piece);
      const reading seen = read(r.bytes, {}, piece);
      CHECK(seen.items.size() == r.good_items);
      REQUIRE(seen.wrong.has_value());
      CHECK(*seen.wrong == r.code);
    }
  }
}

TEST_CASE("close codes that may not be sent are refused", "[wire][websocket_frame]") {
  const std::uint16_t good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1014, 3000, 3999, 4000, 4999};
  for (const std::uint16_t code : good) {
    CAPTURE(code);
    const reading seen = read(close_with(code), {}, whole);
    REQUIRE(seen.items.size() == 1);
    CHECK(seen.items[0].code == code);
  }
  const std::uint16_t bad[] = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};
  for (const std::uint16_t code : bad) {
    CAPTURE(code);
    CHECK(read(close_with(code), {}, whole).wrong == errc::frame_close_code);
  }
}

TEST_CASE("RSV1 marks compressed messages once compression was negotiated", "[wire][websocket_frame]") {
  frame_limits limits;
  limits.allow_compressed = true;
  for (const std::size_t piece : pieces) {
    CAPTURE(piece);
    // compressed text is no UTF-8 before it is inflated
    const std::vector<item_copy> one = {{kind::text, "\xFF\xFE", 1005, true}};
    CHECK(read("" + with_reserved(0x1, 4, "\xFF\xFE"), limits, piece).items == one);
    CHECK(read(with_reserved(0x1, 4, "\xFF", false).bytes() + frame(0x0, "\xFE"), limits, piece).items == one);
    const std::vector<item_copy> plain = {{kind::text, "a", 1005, false}};
    CHECK(read(frame(0x1, "a"), limits, piece).items == plain);
    CHECK(read(frame(0x1, "\xFF"), limits, piece).wrong == errc::bad_utf8);
    CHECK(read(frame(0x2, "a", false) + with_reserved(0x0, 4, "b"), limits, piece).wrong == errc::frame_reserved_bits);
    CHECK(read("" + with_reserved(0x8, 4, ""), limits, piece).wrong == errc::frame_reserved_bits);
    CHECK(read("" + with_reserved(0x1, 6, "a"), limits, piece).wrong == errc::frame_reserved_bits);
  }
}

TEST_CASE("a message of exactly the limit is read, one byte more is refused", "[wire][websocket_frame]") {
  // edge case 116
  frame_limits limits;
  limits.max_message_bytes = 200;
  const std::string exact(200, 'x');
  for (const std::size_t piece : pieces) {
    CAPTURE(piece);
    CHECK(read(frame(0x1, exact), limits, piece).items.size() == 1);
    CHECK(read(frame(0x1, exact + "x"), limits, piece).wrong == errc::message_too_large);
    CHECK(read(frame(0x1, exact, false) + frame(0x0, ""), limits, piece).items.size() == 1);
    CHECK(read(frame(0x1, exact, false) + frame(0x0, "x"), limits, piece).wrong == errc::message_too_large);
  }
}

TEST_CASE("a message above the limit is refused by its head alone", "[wire][websocket_frame]") {
  frame_limits limits;
  limits.max_message_bytes = 1000;
  frame_reader reader(limits);
  std::string head = client_frame{}.head(2, 1001);
  std::span<char> input(head);
  const auto item = reader.next(input);
  REQUIRE(item.has_error());
  CHECK(item.error().code == errc::message_too_large);
  CHECK(reader.buffered() == 0);
}

TEST_CASE("a million empty fragments end at the limit of fragments", "[wire][websocket_frame]") {
  // CVE-2026-48779
  std::string flood = frame(0x1, "", false);
  for (int i = 0; i < 1'000'000; ++i) flood += frame(0x0, "", false);
  frame_reader reader;
  std::span<char> input(flood);
  const auto item = reader.next(input);
  REQUIRE(item.has_error());
  CHECK(item.error().code == errc::frame_too_many);
  CHECK(item.error().offset <= (frame_limits{}.max_fragments + 1) * 6);
  CHECK(reader.buffered() == 0);
}

TEST_CASE("as many fragments as the limit are read, one more is refused", "[wire][websocket_frame]") {
  frame_limits limits;
  limits.max_fragments = 3;
  const std::string three = frame(0x1, "a", false) + frame(0x0, "b", false);
  for (const std::size_t piece : pieces) {
    CAPTURE(piece);
    CHECK(read(three + frame(0x0, "c") + three + frame(0x0, "c"), limits, piece).items.size() == 2);
    CHECK(read(three + frame(0x0, "c", false) + frame(0x0, ""), limits, piece).wrong == errc::frame_too_many);
  }
}

TEST_CASE("a whole message is unmasked where it lies", "[wire][websocket_frame]") {
  std::string bytes = frame(0x1, "hello") + frame(0x2, "x");
  frame_reader reader;
  std::span<char> input(bytes);
  const auto first = reader.next(input);
  REQUIRE(first.has_value());
  CHECK(first->data.data() == bytes.data() + 6);
  CHECK(first->data == "hello");
  CHECK(input.size() == 7);
  CHECK(reader.buffered() == 0);
}

TEST_CASE("what the reader holds is what came of an incomplete message, and nothing between messages",
          "[wire][websocket_frame]") {
  std::string bytes = frame(0x2, std::string(100'000, 'x'));
  frame_reader reader;
  std::span<char> start(bytes.data(), 5);
  REQUIRE(reader.next(start)->what == kind::need_more);
  CHECK(reader.buffered() == 5);
  std::span<char> middle(bytes.data() + 5, 50'009);
  REQUIRE(reader.next(middle)->what == kind::need_more);
  CHECK(reader.buffered() == 50'000);
  std::span<char> end(bytes.data() + 50'014, bytes.size() - 50'014);
  REQUIRE(reader.next(end)->what == kind::binary);
  REQUIRE(reader.next(end)->what == kind::need_more);
  CHECK(reader.buffered() == 0);
}

TEST_CASE("a large message in small pieces costs time in proportion to its size", "[wire][websocket_frame]") {
  // CVE-2020-36049's kind: if every piece touched what came before, this would run into the time limit of the tests
  frame_limits limits;
  limits.max_message_bytes = 4'000'000;
  const std::string text(limits.max_message_bytes, 'x');
  const reading seen = read(frame(0x1, text), limits, 16);
  REQUIRE(seen.items.size() == 1);
  CHECK((seen.items[0].data == text));
}

TEST_CASE("a control frame that came in pieces leaves nothing behind and disturbs no message",
          "[wire][websocket_frame]") {
  const std::string bytes = frame(0x1, "a", false) + frame(0x9, std::string(125, 'p')) + frame(0x0, "b");
  const reading seen = read(bytes, {}, 10);
  const std::vector<item_copy> expected = {{kind::ping, std::string(125, 'p')}, {kind::text, "ab"}};
  CHECK(seen.items == expected);
}

TEST_CASE("a fault tells where in the input the bad frame begins", "[wire][websocket_frame]") {
  std::string bytes = frame(0x1, "a", false) + frame(0x3, "");
  frame_reader reader;
  std::span<char> input(bytes);
  const auto item = reader.next(input);
  REQUIRE(item.has_error());
  CHECK(item.error().code == errc::frame_opcode);
  CHECK(item.error().offset == 7);
}

TEST_CASE("faults map to the close codes of RFC 6455", "[wire][websocket_frame]") {
  CHECK(close_code_for(errc::bad_utf8) == 1007);           // edge case 118
  CHECK(close_code_for(errc::message_too_large) == 1009);  // edge case 116
  CHECK(close_code_for(errc::frame_too_many) == 1009);
  for (const errc wrong : {errc::frame_reserved_bits, errc::frame_opcode, errc::frame_not_masked, errc::frame_control,
                           errc::frame_sequence, errc::frame_length, errc::frame_close_code}) {
    CHECK(close_code_for(wrong) == 1002);  // edge case 117
  }
}

TEST_CASE("a server's heads have the shortest length and no mask", "[wire][websocket_frame]") {
  struct row {
    opcode op;
    std::uint64_t bytes;
    bool compressed;
    std::string_view head;
  };
  const row rows[] = {
      {opcode::text, 0, false, "\x81\x00"sv},
      {opcode::text, 125, false, "\x81\x7D"sv},
      {opcode::binary, 126, false, "\x82\x7E\x00\x7E"sv},
      {opcode::text, 65'535, false, "\x81\x7E\xFF\xFF"sv},
      {opcode::binary, 65'536, false, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"sv},
      {opcode::binary, 0x0102'0304'0506'0708, false, "\x82\x7F\x01\x02\x03\x04\x05\x06\x07\x08"sv},
      {opcode::text, 5, true, "\xC1\x05"sv},
      {opcode::pong, 4, false, "\x8A\x04"sv},
  };
  for (const row& r : rows) {
    CAPTURE(r.bytes);
    char head[max_frame_head];
    const std::size_t size = write_frame_head(head, r.op, r.bytes, r.compressed);
    CHECK(std::string_view(head, size) == r.head);
  }
}

TEST_CASE("a close frame carries its code or nothing", "[wire][websocket_frame]") {
  CHECK(close_frame(0) == "\x88\x00"sv);  // edge case 121
  CHECK(close_frame(1009) == "\x88\x02\x03\xF1"sv);
}

TEST_CASE("unmasking starts at any byte of the key and takes any length", "[wire][websocket_frame]") {
  const char key_bytes[] = {'\x01', '\x20', '\x43', '\x7f'};
  std::uint32_t key = 0;
  std::memcpy(&key, key_bytes, sizeof key);
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t size = 0; size < 70; ++size) {
      std::string data(size, '\0');
      for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * 7);
      std::string expected = data;
      for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<char>(expected[i] ^ key_bytes[(offset + i) % 4]);
      unmask(data, key, offset);
      CHECK(data == expected);
    }
  }
}
