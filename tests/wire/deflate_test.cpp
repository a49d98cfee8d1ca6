// permessage-deflate: the RFC's own examples, bounds, contexts, and offers good and bad.

#include "wire/deflate.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "wire/client_frame.hpp"
#include "wire/websocket_frame.hpp"

using namespace cosio;
using namespace cosio::wire;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t plenty = 1'000'000;

std::string deflated(deflater& with, std::string_view text) {
  std::string out;
  const std::string_view pieces[] = {text};
  with.deflate(pieces, out);
  return out;
}

std::string deflated(std::string_view text) {
  deflater fresh({});
  return deflated(fresh, text);
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

std::string verdict(std::string_view offers, const deflate_agreement& ours = {}) {
  const auto chosen = choose_deflate(offers, ours);
  if (chosen.has_error()) return "refused";
  return *chosen ? to_header(**chosen) : "none";
}

}  // namespace

// RFC 7692, section 7.2.3
TEST_CASE("the messages of the RFC inflate to what it says", "[wire][deflate]") {
  struct row {
    const char* why;
    std::string_view bytes;
    std::string_view text;
  };
  const row rows[] = {
      {"one block", "\xf2\x48\xcd\xc9\xc9\x07\x00"sv, "Hello"},
      {"a block without compression", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv, "Hello"},
      {"a block marked as the last", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, "Hello"},
      {"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv, "Hello"},
      {"empty", "\x00"sv, ""},
      {"empty, as some send it", ""sv, ""},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    inflater fresh(15);
    const auto text = fresh.inflate(r.bytes, plenty);
    REQUIRE(text.has_value());
    CHECK(*text == r.text);
  }
}

TEST_CASE("what is sent is what the RFC shows", "[wire][deflate]") {
  deflater with({});
  CHECK(deflated(with, "Hello") == "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
  CHECK(deflated(with, "Hello") == "\xf2\x00\x11\x00\x00"sv);  // refers to the first
  with.reset();
  CHECK(deflated(with, "Hello") == "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
  CHECK(deflated(with, "") == "\0"sv);
  CHECK(deflated(with, "") == "\0"sv);
  CHECK(deflated(with, "Hello") == "\xf2\x00\x11\x00\x00"sv);
}

TEST_CASE("a message may refer to earlier ones as long as the context is kept", "[wire][deflate]") {
  inflater with(15);
  CHECK(*with.inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"sv, plenty) == "Hello");
  CHECK(*with.inflate("\xf2\x00\x11\x00\x00"sv, plenty) == "Hello");
  with.reset();
  const auto without = with.inflate("\xf2\x00\x11\x00\x00"sv, plenty);
  REQUIRE(without.has_error());
  CHECK(without.error().code == errc::bad_deflate);
}

TEST_CASE("a block marked as the last does not end the context", "[wire][deflate]") {
  inflater with(15);
  CHECK(*with.inflate("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, plenty) == "Hello");
  CHECK(*with.inflate("\xf2\x00\x11\x00\x00"sv, plenty) == "Hello");
}

TEST_CASE("a message is made of a handful of streams at most, because each one costs work", "[wire][deflate]") {
  const std::string last_block("\x03\x00", 2);  // empty, and marked as the last one
  for (const int streams : {1, 4, 5, 33'000}) {
    CAPTURE(streams);
    std::string message;
    for (int i = 0; i < streams; ++i) message += last_block;
    message += '\0';
    inflater with(15);
    const auto text = with.inflate(message, plenty);
    REQUIRE(text.has_value() == (streams <= 4));
    if (streams <= 4) continue;
    CHECK(text.error().code == errc::bad_deflate);
    CHECK(text.error().offset == 5 * last_block.size());  // nothing behind the fifth was looked at
  }
}

TEST_CASE("messages of every size and window survive the way there and back", "[wire][deflate]") {
  const std::string random = noise(70'000);
  std::string words;
  while (words.size() < 300'000) words += "message number " + std::to_string(words.size()) + ", ";
  for (const int window : {8, 9, 10, 15}) {
    for (const int level : {1, 6, 9}) {
      CAPTURE(window, level);
      deflater out({.level = level, .window_bits = window, .memory_level = level});
      inflater in(window);
      for (const std::size_t size :
           {0, 1, 2, 100, 255, 256, 257, 511, 512, 513, 1'000, 32'767, 32'768, 32'769, 65'535, 65'536, 70'000}) {
        CAPTURE(size);
        for (const std::string* text : {&random, static_cast<const std::string*>(&words)}) {
          const auto back = in.inflate(deflated(out, std::string_view(*text).substr(0, size)), plenty);
          REQUIRE(back.has_value());
          CHECK(*back == text->substr(0, size));
        }
      }
    }
  }
}

TEST_CASE("pieces are one message", "[wire][deflate]") {
  deflater with({});
  std::string out = "head";
  const std::string_view pieces[] = {"4", "", "hello ", "world"};
  with.deflate(pieces, out);
  CHECK(out.substr(0, 4) == "head");
  inflater in(15);
  CHECK(*in.inflate(std::string_view(out).substr(4), plenty) == "4hello world");
}

TEST_CASE("what is inflated stays within the limit, and so does its memory", "[wire][deflate]") {
  const std::string zeros(20'000'000, '\0');
  const std::string bomb = deflated(zeros);
  CHECK(bomb.size() < 30'000);
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{1'000}, std::size_t{1'000'000}}) {
    CAPTURE(limit);
    inflater with(15);
    const auto burst = with.inflate(bomb, limit);
    REQUIRE(burst.has_error());
    CHECK(burst.error().code == errc::message_too_large);
  }
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{1'024}, std::size_t{1'025}, std::size_t{600'000}, std::size_t{1'000'000}}) {
    CAPTURE(size);
    const std::string exact = deflated(std::string_view(zeros).substr(0, size));
    inflater with(15);
    const auto whole = with.inflate(exact, size);
    REQUIRE(whole.has_value());
    CHECK(whole->size() == size);
    CHECK(whole->capacity() <= std::max<std::size_t>(size, 15));
    with.reset();
    CHECK(with.inflate(exact, size - 1).error().code == errc::message_too_large);
  }
}

TEST_CASE("what is no deflate is refused", "[wire][deflate]") {
  struct row {
    const char* why;
    std::string_view bytes;
  };
  const row rows[] = {
      {"a block of a kind that does not exist", "\x07"sv},
      {"lengths that do not match", "\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"sv},
      {"refers to what was before the beginning", "\xf2\x00\x11\x00\x00"sv},
      {"cut off inside a block", "\xf2\x48\xcd"sv},
      {"cut off inside a block without compression", "\x00\x05\x00\xfa\xff\x48\x65"sv},
      {"ends without the byte behind its last block", "\xf3\x48\xcd\xc9\xc9\x07\x00"sv},
      {"goes wrong behind its end", "\xc9\xff"sv},
      {"so does this", "\xc9\x00"sv},
      {"text", "Hello"sv},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    inflater fresh(15);
    const auto text = fresh.inflate(r.bytes, plenty);
    REQUIRE(text.has_error());
    CHECK(text.error().code == errc::bad_deflate);
    CHECK(text.error().offset <= r.bytes.size());
  }
}

TEST_CASE("offers are answered", "[wire][deflate]") {
  const deflate_agreement alone{.server_context_takeover = false, .client_context_takeover = false};
  const deflate_agreement small{.server_window_bits = 11, .client_window_bits = 10};
  CHECK(verdict("") == "none");
  CHECK(verdict("x-webkit-deflate-frame") == "none");
  CHECK(verdict("permessage-deflate") == "permessage-deflate");
  CHECK(verdict("permessage-deflate; client_max_window_bits") == "permessage-deflate");  // the offer of browsers
  CHECK(verdict("permessage-deflate", alone) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  CHECK(verdict("permessage-deflate; server_no_context_takeover") == "permessage-deflate; server_no_context_takeover");
  CHECK(verdict("permessage-deflate;client_no_context_takeover") == "permessage-deflate; client_no_context_takeover");
  CHECK(verdict("permessage-deflate; server_max_window_bits=12") == "permessage-deflate; server_max_window_bits=12");
  CHECK(verdict("permessage-deflate; server_max_window_bits=12", small) ==
        "permessage-deflate; server_max_window_bits=11");
  CHECK(verdict("permessage-deflate; client_max_window_bits", small) ==
        "permessage-deflate; server_max_window_bits=11; client_max_window_bits=10");
  CHECK(verdict("permessage-deflate; client_max_window_bits=\"8\"") == "permessage-deflate; client_max_window_bits=8");
  CHECK(verdict("permessage-deflate", small) == "permessage-deflate; server_max_window_bits=11");
  CHECK(verdict("foo; a=1; a=\"b\", permessage-deflate; server_max_window_bits=9 , permessage-deflate") ==
        "permessage-deflate; server_max_window_bits=9");
}

// RFC 7692, section 7.1.2.1
TEST_CASE("an offered server_max_window_bits is answered with the same or a smaller one", "[wire][deflate]") {
  const deflate_agreement small{.server_window_bits = 11};
  CHECK(verdict("permessage-deflate; server_max_window_bits=15") == "permessage-deflate; server_max_window_bits=15");
  CHECK(verdict("permessage-deflate; server_max_window_bits=15; client_max_window_bits") ==
        "permessage-deflate; server_max_window_bits=15");
  CHECK(verdict("permessage-deflate; server_max_window_bits=15", small) ==
        "permessage-deflate; server_max_window_bits=11");
}

// RFC 7692, section 7.1
TEST_CASE("an offer that must be declined is passed over, and the next one counts", "[wire][deflate]") {
  const std::string_view offers[] = {"permessage-deflate; server_max_window_bits",
                                     "permessage-deflate; server_max_window_bits=7",
                                     "permessage-deflate; server_max_window_bits=16",
                                     "permessage-deflate; server_max_window_bits=010",
                                     "permessage-deflate; server_max_window_bits=1a",
                                     "permessage-deflate; client_max_window_bits=16",
                                     "permessage-deflate; server_no_context_takeover=1",
                                     "permessage-deflate; client_no_context_takeover=true",
                                     "permessage-deflate; unheard_of",
                                     "permessage-deflate; unheard_of=3",
                                     "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
                                     "permessage-deflate; client_max_window_bits=9; client_max_window_bits=10"};
  for (const std::string_view offer : offers) {
    CAPTURE(offer);
    CHECK(verdict(offer) == "none");
    CHECK(verdict(std::string(offer) + ", permessage-deflate; server_max_window_bits=12") ==
          "permessage-deflate; server_max_window_bits=12");
    CHECK(verdict("permessage-deflate, " + std::string(offer)) == "permessage-deflate");
  }
}

TEST_CASE("malformed offers are refused", "[wire][deflate]") {
  const std::string_view offers[] = {"permessage-deflate,",
                                     ",permessage-deflate",
                                     "permessage-deflate;",
                                     "permessage-deflate; ;",
                                     "permessage deflate",
                                     "permessage-deflate; =1",
                                     "permessage-deflate; server_max_window_bits=",
                                     "permessage-deflate; client_max_window_bits=\"9",
                                     "foo; a=\"b c\"",
                                     "foo bar",
                                     "(",
                                     "permessage-deflate\x01"};
  for (const std::string_view offer : offers) {
    CAPTURE(offer);
    CHECK(verdict(offer) == "refused");
  }
}

// RFC 7692, section 7.2.3.1
TEST_CASE("a compressed message may come in fragments, with its mark on the first only", "[wire][deflate]") {
  test::client_frame first;
  first.fin = false;
  first.reserved = 4;
  first.op = 0x1;
  first.payload = "\xf2\x48\xcd"sv;
  test::client_frame second;
  second.op = 0x0;
  second.payload = "\xc9\xc9\x07\x00"sv;
  std::string bytes = first.bytes() + second.bytes();
  frame_reader reader({.allow_compressed = true});
  std::span<char> input(bytes);
  const auto item = reader.next(input);
  REQUIRE(item.has_value());
  CHECK(item->what == frame_item::kind::text);
  CHECK(item->compressed);
  inflater with(15);
  CHECK(*with.inflate(item->data, plenty) == "Hello");
}

TEST_CASE("the mark of compression belongs on the first frame of a message that was agreed to be compressed",
          "[wire][deflate]") {
  struct row {
    const char* why;
    std::uint8_t op;
    bool agreed;
  };
  const row rows[] = {
      {"not agreed on", 0x1, false}, {"a ping", 0x9, true}, {"a close", 0x8, true}, {"a continuation", 0x0, true}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    std::string bytes;
    if (r.op == 0) {
      test::client_frame start;
      start.fin = false;
      start.reserved = 4;
      start.op = 0x1;
      start.payload = "\xf2"sv;
      bytes = start.bytes();
    }
    test::client_frame marked;
    marked.reserved = 4;
    marked.op = r.op;
    bytes += marked.bytes();
    frame_reader reader({.allow_compressed = r.agreed});
    std::span<char> input(bytes);
    const auto item = reader.next(input);
    REQUIRE(item.has_error());
    CHECK(item.error().code == errc::frame_reserved_bits);
    CHECK(close_code_for(item.error().code) == 1002);
  }
}
