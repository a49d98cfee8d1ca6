// UTF-8: whole, in pieces, repaired, and counted in UTF-16 units.

#include "wire/utf8.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace cosio::wire;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct good_text {
  const char* why;
  std::string_view text;
  std::size_t units;
};

const good_text good_texts[] = {
    {"nothing", "", 0},
    {"ASCII", "hello", 5},
    {"ASCII over several words", "the quick brown fox jumps over the lazy dog, twice: the quick brown fox", 71},
    {"a zero byte", "a\0b"sv, 3},
    {"lowest and highest of two bytes", "\xC2\x80\xDF\xBF", 2},
    {"lowest and highest of three bytes", "\xE0\xA0\x80\xEF\xBF\xBF", 2},
    {"neighbours of the surrogates", "\xED\x9F\xBF\xEE\x80\x80", 2},
    {"lowest and highest of four bytes", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 4},
    {"a sign behind seven bytes", "1234567\xE2\x82\xAC", 8},
    {"signs between ASCII words",
     "12345678\xE2\x82\xAC"
     "12345678\xF0\x9F\x98\x80"
     "12345678",
     27},
};

struct bad_text {
  const char* why;
  std::string_view text;
  std::size_t replacements;  // U+FFFD in its place, as the Encoding Standard counts them
};

const bad_text bad_texts[] = {
    {"a continuation alone", "\x80", 1},
    {"bytes that never occur", "\xC0\xC1\xF5\xFF", 4},
    {"overlong slash in two bytes", "\xC0\xAF", 2},
    {"overlong in three bytes", "\xE0\x9F\xBF", 3},
    {"overlong in four bytes", "\xF0\x8F\xBF\xBF", 4},
    {"a surrogate", "\xED\xA0\x80", 3},
    {"above U+10FFFF", "\xF4\x90\x80\x80", 4},
    {"two bytes cut short", "ab\xC3", 1},
    {"three bytes cut short", "ab\xE2\x82", 1},
    {"four bytes cut short", "ab\xF0\x9F\x98", 1},
    {"cut short by ASCII",
     "\xF0\x9F\x98"
     "a",
     1},
    {"cut short by another start", "\xE2\x82\xE2\x82\xAC", 1},
    {"behind a long run of ASCII", "0123456789012345678901234567890123456789\xFF", 1},
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

bool check_in_pieces(std::string_view text, std::size_t piece) {
  utf8_checker checker;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    if (!checker.feed(text.substr(0, piece))) return false;
  }
  return checker.complete();
}

}  // namespace

TEST_CASE("well-formed UTF-8 is accepted, whole and in pieces", "[wire][utf8]") {
  for (const good_text& row : good_texts) {
    CAPTURE(row.why);
    CHECK(is_utf8(row.text));
    CHECK(to_utf8(row.text) == row.text);
    for (const std::size_t piece : {1, 2, 3, 5, 64}) CHECK(check_in_pieces(row.text, piece));
  }
}

TEST_CASE("ill-formed UTF-8 is refused, whole and in pieces", "[wire][utf8]") {
  for (const bad_text& row : bad_texts) {
    CAPTURE(row.why);
    CHECK_FALSE(is_utf8(row.text));
    for (const std::size_t piece : {1, 2, 3, 5, 64}) CHECK_FALSE(check_in_pieces(row.text, piece));
  }
}

TEST_CASE("ill-formed sequences are replaced as browsers replace them", "[wire][utf8]") {
  for (const bad_text& row : bad_texts) {
    CAPTURE(row.why);
    const std::string repaired = to_utf8(row.text);
    CHECK(is_utf8(repaired));
    CHECK(count(repaired, replacement) == row.replacements);
  }
  CHECK(to_utf8("a\xFF"
                "b\xE2\x82"
                "c") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c");
}

TEST_CASE("every code point is accepted and every surrogate refused", "[wire][utf8]") {
  bool right = true;
  for (unsigned point = 0x800; point < 0x10000; ++point) {
    const char text[] = {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3F)),
                         static_cast<char>(0x80 | (point & 0x3F))};
    right &= is_utf8({text, 3}) == (point < 0xD800 || point > 0xDFFF);
  }
  CHECK(right);
}

TEST_CASE("a checker refuses the first byte that cannot be right, and stays failed", "[wire][utf8]") {
  utf8_checker checker;
  CHECK(checker.feed("a\xED"));
  CHECK_FALSE(checker.complete());
  CHECK_FALSE(checker.feed("\xA0"));  // a surrogate, before its last byte
  CHECK_FALSE(checker.feed("a"));
  CHECK_FALSE(checker.complete());
  checker.reset();
  CHECK(checker.feed("a"));
  CHECK(checker.complete());
}

TEST_CASE("a checker that was fed half a sign is not complete", "[wire][utf8]") {
  utf8_checker checker;
  CHECK(checker.complete());
  CHECK(checker.feed("\xE2\x82"));
  CHECK_FALSE(checker.complete());
  CHECK(checker.feed(""));
  CHECK(checker.feed("\xAC"));
  CHECK(checker.complete());
}

TEST_CASE("lengths count UTF-16 code units", "[wire][utf8]") {
  for (const good_text& row : good_texts) {
    CAPTURE(row.why);
    CHECK(utf16_length(row.text) == row.units);
    CHECK(utf16_prefix(row.text, row.units) == row.text.size());
    CHECK(utf16_prefix(row.text, row.units + 1) == std::string_view::npos);
    CHECK(utf16_prefix(row.text, 0) == 0);
  }
}

TEST_CASE("a prefix ends between signs and never inside a surrogate pair", "[wire][utf8]") {
  struct row {
    const char* why;
    std::size_t units;
    std::size_t bytes;
  };
  const std::string_view text = "a\xE2\x82\xAC\xF0\x9F\x98\x80z";
  const row rows[] = {{"one ASCII sign", 1, 1},
                      {"and one of three bytes", 2, 4},
                      {"half a surrogate pair", 3, std::string_view::npos},
                      {"the whole pair", 4, 8},
                      {"everything", 5, 9},
                      {"more than there is", 6, std::string_view::npos}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(utf16_prefix(text, r.units) == r.bytes);
  }
}

TEST_CASE("counting units of ill-formed text stays inside it", "[wire][utf8]") {
  for (const bad_text& row : bad_texts) {
    CAPTURE(row.why);
    const std::vector<char> exact(row.text.begin(), row.text.end());  // so that a sanitizer sees the end
    for (std::size_t units = 0; units < 64; ++units) {
      const std::size_t bytes = utf16_prefix({exact.data(), exact.size()}, units);
      CHECK((bytes <= exact.size() || bytes == std::string_view::npos));
    }
  }
}
