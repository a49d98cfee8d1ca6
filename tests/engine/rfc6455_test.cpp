// RFC 6455 as a client meets it, class by class of the Autobahn test suite: bytes in, frames out, on a server that
// sends every message back. All of it comes whole, and one byte at a time. docs/websocket.md has the classes that
// need a real client.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::string_view_literals;

namespace {

struct said {
  std::uint8_t op;
  std::string payload;

  friend bool operator==(const said&, const said&) = default;
};
using conversation = std::vector<said>;

constexpr std::uint16_t goes_on = 0;
constexpr std::uint16_t no_code = 1005;  // a close frame without one

std::string frame(int op, std::string_view payload, bool fin = true, std::uint8_t reserved = 0) {
  client_frame made;
  made.op = static_cast<std::uint8_t>(op);
  made.payload = payload;
  made.fin = fin;
  made.reserved = reserved;
  return made.bytes();
}
std::string text(std::string_view payload) { return frame(0x1, payload); }
std::string ping(std::string_view payload) { return frame(0x9, payload); }
std::string close_with(int code, std::string_view reason = "") {
  return frame(0x8, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + std::string(reason));
}

// Messages come back to who sent them.
struct echo_world : engine_world {
  explicit echo_world(engine_options settings = {}) : engine_world(std::move(settings)) {
    engine.on_connection([](engine_session s) {
      s.on_message([weak = std::weak_ptr(s.internals())](message m) -> task<> {
        const auto alive = weak.lock();
        if (!alive) co_return;
        auto back = engine_session(alive).send(std::move(m));
        co_await std::move(back);
      });
    });
  }
};

// The frames that the client receives for its bytes, and the code of the close.
struct answer {
  conversation heard;
  std::uint16_t code = goes_on;
  bool ended = false;
};

answer answer_to(echo_world& house, std::string_view bytes, std::size_t piece, std::size_t capacity = 64 * 1024) {
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket", "", capacity);
  REQUIRE(ws.text().starts_with("0{"));
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) ws.send(bytes.substr(0, piece));
  answer got;
  while (const auto next = ws.next()) {
    if (next->is_close()) {
      got.code = next->close_code();
      CHECK_FALSE(ws.next());  // nothing comes behind it
      break;
    }
    got.heard.push_back({next->op, next->payload});
  }
  got.ended = ws.ended();
  if (got.ended) return got;
  ws.send_text("4the end");
  CHECK(ws.text() == "4the end");
  return got;
}

void expect(std::string_view bytes, const conversation& heard, int code = goes_on, engine_options settings = {}) {
  for (const std::size_t piece : {bytes.size() + 1, std::size_t{1}}) {
    CAPTURE(piece);
    echo_world house(settings);
    const answer got = answer_to(house, bytes, piece);
    CHECK((got.heard == heard));
    CHECK(got.code == code);
    CHECK(got.ended == (code != goes_on));
    CHECK(house.engine.clients_count() == (got.ended ? 0U : 1U));
  }
}

}  // namespace

TEST_CASE("RFC 6455, class 1: frames of all sizes come back", "[engine][rfc6455]") {
  for (const std::size_t size : {0, 1, 124, 125, 126, 127, 128, 65'534, 65'535, 65'536}) {
    CAPTURE(size);
    const std::string bytes(size, '\xFE');
    expect(frame(0x2, bytes), {{0x2, bytes}});
    const std::string letters(size, '*');
    expect(text("4" + letters), {{0x1, "4" + letters}});
  }
  // In pieces of 997 bytes, as the suite has it.
  echo_world house;
  const std::string large = "4" + std::string(65'535, '*');
  CHECK((answer_to(house, text(large), 997).heard == conversation{{0x1, large}}));
}

TEST_CASE("RFC 6455, class 2: pings come back as pongs, pongs of the client are ignored", "[engine][rfc6455]") {
  const std::string any("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8);
  const std::string longest(125, '\xFE');
  expect(ping(""), {{0xA, ""}});
  expect(ping("Hello, world!"), {{0xA, "Hello, world!"}});
  expect(ping(any), {{0xA, any}});
  expect(ping(longest), {{0xA, longest}});
  expect(ping(longest + "x"), {}, 1002);
  expect(frame(0xA, ""), {});
  expect(frame(0xA, "unsolicited"), {});
  expect(frame(0xA, longest + "x"), {}, 1002);
  expect(frame(0xA, "unsolicited") + ping("ping"), {{0xA, "ping"}});
  std::string ten;
  conversation pongs;
  for (int i = 0; i < 10; ++i) {
    ten += ping("payload-" + std::to_string(i));
    pongs.push_back({0xA, "payload-" + std::to_string(i)});
  }
  expect(ten, pongs);
}

TEST_CASE("RFC 6455, class 3: reserved bits without an extension end the connection", "[engine][rfc6455]") {
  for (std::uint8_t bits = 1; bits < 8; ++bits) {
    CAPTURE(int(bits));
    for (const int op : {0x1, 0x2, 0x8, 0x9, 0xA}) expect(frame(op, "", true, bits), {}, 1002);
    // Frames before it are answered, frames behind it are not read.
    expect(text("4before") + frame(0x1, "4a", true, bits) + ping("after"), {{0x1, "4before"}}, 1002);
    expect(frame(0x1, "4a", false) + frame(0x0, "b", true, bits), {}, 1002);
  }
}

TEST_CASE("RFC 6455, class 4: opcodes that are not defined end the connection", "[engine][rfc6455]") {
  for (const int op : {0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF}) {
    CAPTURE(op);
    expect(frame(op, ""), {}, 1002);
    expect(frame(op, "4a reserved opcode with a payload"), {}, 1002);
    expect(text("4before") + frame(op, "x") + ping("after"), {{0x1, "4before"}}, 1002);
    expect(frame(0x1, "4a", false) + frame(op, ""), {}, 1002);
  }
}

TEST_CASE("RFC 6455, class 5: fragments are put together, control frames come between them, disorder ends it",
          "[engine][rfc6455]") {
  const std::string first = frame(0x1, "4fragment1", false);
  const std::string middle = frame(0x0, "fragment2", false);
  const std::string last = frame(0x0, "fragment3");
  const said whole{0x1, "4fragment1fragment3"};
  expect(frame(0x9, "fragment1", false) + frame(0x0, "fragment2"), {}, 1002);  // 5.1
  expect(frame(0xA, "fragment1", false) + frame(0x0, "fragment2"), {}, 1002);  // 5.2
  expect(first + last, {whole});                                               // 5.3 to 5.5
  expect(first + ping("ping") + last, {{0xA, "ping"}, whole});                 // 5.6 to 5.8
  expect(first + frame(0xA, "pong") + last, {whole});
  expect(last + text("4Hello"), {}, 1002);                                            // 5.9 to 5.11
  expect(middle + text("4Hello"), {}, 1002);                                          // 5.12 to 5.14
  expect(first + last + frame(0x0, "fragment4", false) + text("4x"), {whole}, 1002);  // 5.15
  for (const bool fin : {false, true}) {                                              // 5.16, 5.17
    expect(frame(0x0, "fragment1", fin) + first + last, {}, 1002);
  }
  expect(first + text("4fragment2"), {}, 1002);  // 5.18
  expect(first + frame(0x2, "fragment2"), {}, 1002);
  expect(first + middle + ping("1") + middle + middle + ping("2") + last,  // 5.19, 5.20
         {{0xA, "1"}, {0xA, "2"}, {0x1, "4fragment1fragment2fragment2fragment2fragment3"}});
  expect(frame(0x2, "", false) + frame(0x0, "", false) + frame(0x0, ""), {{0x2, ""}});
  expect(frame(0x1, "", false) + frame(0x0, "4", false) + frame(0x0, "", false) + frame(0x0, "x"), {{0x1, "4x"}});
}

TEST_CASE("RFC 6455, class 6: text is UTF-8, in any fragments", "[engine][rfc6455]") {
  const std::string good[] = {
      "",
      "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!",  // 6.2
      "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",                             // 6.5: kosme
      std::string("\x00", 1),
      "\xC2\x80",
      "\xE0\xA0\x80",
      "\xF0\x90\x80\x80",  // 6.6, 6.7: the first of each length
      "\x7F",
      "\xDF\xBF",
      "\xEF\xBF\xBF",
      "\xF4\x8F\xBF\xBF",  // 6.9: the last of each length
      "\xED\x9F\xBF",
      "\xEE\x80\x80",
      "\xEF\xBF\xBD",  // 6.11: beside the surrogates
      "\xEF\xBF\xBE",
      "\xF0\x9F\xBF\xBE",
      "\xF3\xBF\xBF\xBF",          // 6.22: no characters, but code points
      "\xEF\xBF\xB0\xEF\xBF\xBF",  // 6.23: specials
  };
  for (const std::string& sequence : good) {
    CAPTURE(sequence);
    expect(text("4" + sequence), {{0x1, "4" + sequence}});
    for (std::size_t cut = 0; cut <= sequence.size(); ++cut) {
      expect(frame(0x1, "4" + sequence.substr(0, cut), false) + frame(0x0, sequence.substr(cut)),
             {{0x1, "4" + sequence}});
    }
    std::string each = frame(0x1, "4", false);  // a frame for every byte, and empty ones between
    for (const char c : sequence) each += frame(0x0, std::string(1, c), false) + frame(0x0, "", false);
    expect(each + frame(0x0, ""), {{0x1, "4" + sequence}});
  }
}

TEST_CASE("RFC 6455, class 6: text that is no UTF-8 ends the connection with 1007", "[engine][rfc6455]") {
  const std::string bad[] = {
      "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80\x65\x64\x69\x74\x65\x64",  // 6.3
      "\xF8\x88\x80\x80\x80",
      "\xFC\x84\x80\x80\x80\x80",  // 6.8: five and six bytes
      "\xF7\xBF\xBF\xBF",
      "\xFB\xBF\xBF\xBF\xBF",
      "\xFD\xBF\xBF\xBF\xBF\xBF",  // 6.10
      "\xF4\x90\x80\x80",          // 6.11.5
      "\x80",
      "\xBF",
      "\x80\xBF",
      "\x80\xBF\x80\xBF\x80\xBF\x80",  // 6.12: continuations alone
      "\xC0 ",
      "\xE0 ",
      "\xF0 ",
      "\xF8 ",
      "\xFC ",  // 6.13: starts alone
      "\xC0",
      "\xE0\x80",
      "\xF0\x80\x80",
      "\xDF",
      "\xEF\xBF",
      "\xF7\xBF\xBF",              // 6.14: the last byte missing
      "\xC0\xE0\x80\xF0\x80\x80",  // 6.15
      "\xFE",
      "\xFF",
      "\xFE\xFE\xFF\xFF",  // 6.16
      "\xC0\xAF",
      "\xE0\x80\xAF",
      "\xF0\x80\x80\xAF",  // 6.17: overlong
      "\xC1\xBF",
      "\xE0\x9F\xBF",
      "\xF0\x8F\xBF\xBF",  // 6.18
      "\xC0\x80",
      "\xE0\x80\x80",
      "\xF0\x80\x80\x80",  // 6.19
      "\xED\xA0\x80",
      "\xED\xAD\xBF",
      "\xED\xAE\x80",
      "\xED\xBF\xBF",  // 6.20: surrogates
      "\xED\xA0\x80\xED\xB0\x80",
      "\xED\xAF\xBF\xED\xBF\xBF",  // 6.21: pairs of them
  };
  for (const std::string& sequence : bad) {
    CAPTURE(sequence);
    expect(text("4" + sequence), {}, 1007);
    expect(frame(0x1, "4", false) + frame(0x0, sequence), {}, 1007);
    expect(frame(0x1, "4" + sequence.substr(0, 1), false) + frame(0x0, sequence.substr(1), false) + frame(0x0, ""), {},
           1007);
    expect(frame(0x2, sequence), {{0x2, sequence}});  // in binary they are bytes like any others
  }
}

TEST_CASE("RFC 6455, class 6.4: wrong text is refused where it stands, not at the end of its message",
          "[engine][rfc6455]") {
  const std::string good = "4\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";
  for (const std::string_view wrong : {"\xF4\x90"sv, "\xED\xA0"sv, "\xC0"sv, "\xFF"sv, "\xE0\x9F"sv, "\xF0\x8F"sv}) {
    CAPTURE(std::string(wrong));
    // In the first fragment, in a later one, and in the middle of a frame whose rest never comes.
    expect(frame(0x1, good + std::string(wrong), false), {}, 1007);
    expect(frame(0x1, good, false) + frame(0x0, wrong, false), {}, 1007);
    const std::string long_frame = text(good + std::string(wrong) + std::string(1'000, 'x'));
    expect(std::string_view(long_frame).substr(0, 8 + good.size() + wrong.size()), {}, 1007);
  }
  // The start of a sign may still become one: nothing is said until it cannot.
  echo_world house;
  memory_websocket ws = house.websocket();
  REQUIRE(ws.text().starts_with("0{"));
  ws.send(frame(0x1, "4\xF4", false));
  CHECK_FALSE(ws.next());
  ws.send(frame(0x0, "\x8F\xBF", false));
  CHECK_FALSE(ws.next());
  ws.send(frame(0x0, "\xBF"));
  CHECK(ws.text() == "4\xF4\x8F\xBF\xBF");
}

TEST_CASE("RFC 6455, class 7.1 to 7.3: closing is answered once, nothing behind it is read", "[engine][rfc6455]") {
  const std::string large = "4" + std::string(256 * 1024, '*');
  expect(text("4Hello") + frame(0x8, ""), {{0x1, "4Hello"}}, no_code);                     // 7.1.1
  expect(close_with(1000) + close_with(1000), {}, 1000);                                   // 7.1.2
  expect(close_with(1000) + ping("after"), {}, 1000);                                      // 7.1.3
  expect(close_with(1000) + text("4after"), {}, 1000);                                     // 7.1.4
  expect(frame(0x1, "4fragment1", false) + close_with(1000) + frame(0x0, "2"), {}, 1000);  // 7.1.5
  expect(frame(0x8, ""), {}, no_code);                                                     // 7.3.1
  expect(frame(0x8, "\x03"), {}, 1002);                                                    // 7.3.2
  expect(close_with(1000), {}, 1000);                                                      // 7.3.3
  expect(close_with(1000, "Hello World!"), {}, 1000);                                      // 7.3.4
  expect(close_with(1000, std::string(123, '*')), {}, 1000);                               // 7.3.5
  expect(close_with(1000, std::string(124, '*')), {}, 1002);                               // 7.3.6
  expect(close_with(1000,
                    "\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80"
                    "edited"),
         {}, 1007);  // 7.5.1
  expect(close_with(1000, "\xE2\x82"), {}, 1007);
  expect(frame(0x8, "\x03\xE8", false), {}, 1002);
  echo_world house;  // 7.1.6, with a client that reads
  CHECK((answer_to(house, text(large) + frame(0x8, "") + ping("after"), 65'536, 1'000'000).heard ==
         conversation{{0x1, large}}));
}

TEST_CASE("RFC 6455, class 7.7 to 7.13: codes that may be sent come back, others are wrong", "[engine][rfc6455]") {
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    CAPTURE(code);
    expect(close_with(code), {}, code);
    expect(close_with(code, "a reason"), {}, code);
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    CAPTURE(code);
    expect(close_with(code), {}, 1002);
  }
}

TEST_CASE("RFC 6455, class 9: large messages, in frames and pieces of any size, up to the limit", "[engine][rfc6455]") {
  engine_options settings;
  settings.max_payload = 4 * 1024 * 1024;
  for (const std::size_t size : {64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024}) {
    const std::string letters = "4" + std::string(size - 1, '*');
    for (const std::size_t fragment : {size, std::size_t{4'096}, std::size_t{65'536}}) {
      for (const int op : {0x1, 0x2}) {
        CAPTURE(size, fragment, op);
        std::string bytes;
        for (std::size_t at = 0; at < size; at += fragment)
          bytes += frame(at == 0 ? op : 0x0, letters.substr(at, fragment), at + fragment >= size);
        echo_world house(settings);
        const answer got = answer_to(house, bytes, 65'536);
        CHECK((got.heard == conversation{{static_cast<std::uint8_t>(op), letters}}));
        CHECK(got.code == goes_on);
      }
    }
  }
  for (const std::size_t piece : {64, 128, 256, 512, 1'024, 2'048}) {  // 9.5, 9.6: the pieces that TCP makes
    echo_world house(settings);
    const std::string letters = "4" + std::string(1024 * 1024 - 1, '*');
    CHECK((answer_to(house, text(letters), piece).heard == conversation{{0x1, letters}}));
  }
  echo_world house(settings);
  CHECK(answer_to(house, frame(0x2, std::string(settings.max_payload + 1, 'x')), 65'536).code == 1009);
}

TEST_CASE("RFC 6455, class 9.7 and 9.8: a thousand messages come back in their order", "[engine][rfc6455]") {
  for (const std::size_t size : {0, 16, 64, 256, 1'024, 4'096, 16'384}) {
    CAPTURE(size);
    std::string bytes;
    conversation expected;
    for (int i = 0; i < 1'000; ++i) {
      const std::string payload = "4" + std::string(size, static_cast<char>('a' + i % 26));
      bytes += i % 2 == 0 ? text(payload) : frame(0x2, payload);
      expected.push_back({static_cast<std::uint8_t>(i % 2 == 0 ? 0x1 : 0x2), payload});
    }
    engine_options settings;
    settings.max_queued_bytes = 64'000'000;
    settings.max_held_bytes = 64'000'000;  // nothing is read back before all has been sent
    echo_world house(settings);
    CHECK((answer_to(house, bytes, 10'000).heard == expected));
  }
}

TEST_CASE("RFC 6455, class 10: a message in frames of any size is one message", "[engine][rfc6455]") {
  const std::string letters = "4" + std::string(65'535, '*');
  for (const std::size_t fragment : {63, 64, 127, 1'300, 32'768, 65'535}) {
    CAPTURE(fragment);
    std::string bytes;
    for (std::size_t at = 0; at < letters.size(); at += fragment)
      bytes += frame(at == 0 ? 0x1 : 0x0, letters.substr(at, fragment), at + fragment >= letters.size());
    echo_world house;
    const answer got = answer_to(house, bytes, 1'000);
    if (fragment >= 64) {
      CHECK((got.heard == conversation{{0x1, letters}}));
    } else {
      CHECK(got.code == 1009);  // 1,041 frames, and a message may have 1,024
    }
  }
}

TEST_CASE("RFC 6455, section 5.1 and 5.2: masks are required, lengths have one form", "[engine][rfc6455]") {
  client_frame unmasked;
  unmasked.masked = false;
  unmasked.payload = "4a";
  expect(unmasked.bytes(), {}, 1002);
  expect(text("4before") + unmasked.bytes(), {{0x1, "4before"}}, 1002);
  for (const std::size_t extended : {2, 8}) {
    client_frame longer;
    longer.payload = "4a";
    longer.extended_bytes = extended;
    expect(longer.bytes(), {}, 1002);
  }
  client_frame zeros;  // a key of zeros is a key
  zeros.key = {};
  zeros.payload = "4a";
  expect(zeros.bytes(), {{0x1, "4a"}});
}
