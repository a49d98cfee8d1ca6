// JSON in and out: everything that json_limits.hpp says is decided.

#include "wire/json_limits.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "wire/utf8.hpp"

using namespace cosio::wire;
using cosio::errc;
using namespace std::string_view_literals;
namespace json = boost::json;

namespace {

std::string written(const json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string string_literal(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON is read and written back", "[wire][json_limits]") {
  struct row {
    const char* why;
    std::string_view text;
    std::string_view back;
  };
  const row rows[] = {
      {"edge case 222", R"(["message",1,"2",{"3":[true]}])", R"(["message",1,"2",{"3":[true]}])"},
      {"null, edge case 253", "null", "null"},
      {"empty array and object", "[[],{}]", "[[],{}]"},
      {"white space around and inside", " \t\r\n [ 1 , { \"a\" : 2 } ] \n", R"([1,{"a":2}])"},
      {"duplicate keys, edge case 177: the last wins", R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
      {"__proto__ is a plain key, edge case 177", R"({"__proto__":{"x":1}})", R"({"__proto__":{"x":1}})"},
      {"every short escape", R"("\"\\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
      {"escaped text that needs no escape", R"("\u0041\u00e4\u20ac")", "\"A\xC3\xA4\xE2\x82\xAC\""},
      {"an escaped pair of surrogates", R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""},
      {"a lone high surrogate", R"(["a","x\ud83dy"])", "[\"a\",\"x\xEF\xBF\xBDy\"]"},
      {"a lone high surrogate in a short text", R"("\ud83d")", "\"\xEF\xBF\xBD\""},
      {"a lone low surrogate", R"("\ude00")", "\"\xEF\xBF\xBD\""},
      {"a high surrogate before a pair", R"("\ud83d\ud83d\ude00 and more")",
       "\"\xEF\xBF\xBD\xF0\x9F\x98\x80 and more\""},
      {"an escaped zero byte", R"("a\u0000b")", R"("a\u0000b")"},
      {"an escaped record separator", R"("\u001e")", R"("\u001e")"},
      {"delete and the line separators of JavaScript", "\"\x7F\xE2\x80\xA8\xE2\x80\xA9\"",
       "\"\x7F\xE2\x80\xA8\xE2\x80\xA9\""},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto value = parse_json(r.text);
    REQUIRE(value.has_value());
    CHECK(written(*value) == r.back);
  }
}

TEST_CASE("numbers are read as JavaScript reads them, and integers of 64 bits exactly", "[wire][json_limits]") {
  struct row {
    const char* why;
    std::string_view text;
    std::string_view back;
  };
  const row rows[] = {
      {"zero", "0", "0"},
      {"minus zero", "-0", "0"},
      {"minus zero as a double", "-0.0", "0"},
      {"whole", "1.0", "1"},
      {"whole with an exponent", "1E2", "100"},
      {"a fraction", "-1.5", "-1.5"},
      {"the smallest of 64 bits", "-9223372036854775808", "-9223372036854775808"},
      {"the largest of 64 bits", "18446744073709551615", "18446744073709551615"},
      {"beyond 64 bits", "18446744073709551616", "18446744073709551616"},
      {"below 64 bits", "-9223372036854775809", "-9223372036854775808"},
      {"far beyond 64 bits", "123456789012345678901234567890", "1.2345678901234568e+29"},
      {"too large", "1e400", "null"},
      {"too large, negative", "-1e400", "null"},
      {"too large without an exponent", "", "null"},  // four hundred nines, see below
      {"an exponent beyond any", "1e99999999999999999999", "null"},
      {"a negative exponent beyond any", "1e-99999999999999999999", "0"},
      {"zero with an exponent beyond any", "0e99999999999999999999", "0"},
      {"too small", "1e-400", "0"},
      {"the last that rounds to the largest", "1.7976931348623158e308", "1.7976931348623157e+308"},
      {"the first that does not", "1.7976931348623159e308", "null"},
  };
  const std::string nines(400, '9');
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto value = parse_json(r.text.empty() ? std::string_view(nines) : r.text);
    REQUIRE(value.has_value());
    CHECK(written(*value) == r.back);
  }
}

TEST_CASE("doubles are read to the last bit", "[wire][json_limits]") {
  // Boost.JSON 1.81 by itself reads several of these wrong
  struct row {
    std::string_view text;
    double value;
  };
  const row rows[] = {{"0.1", 0.1},
                      {"0.30000000000000004", 0.30000000000000004},
                      {"1e23", 1e23},
                      {"9007199254740993.0", 9007199254740992.0},
                      {"9007199254740995.0", 9007199254740996.0},
                      {"5e-324", std::numeric_limits<double>::denorm_min()},
                      {"4.9e-324", std::numeric_limits<double>::denorm_min()},
                      {"2.2250738585072014e-308", std::numeric_limits<double>::min()},
                      {"2.2250738585072011e-308", 2.2250738585072011e-308},
                      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
                      {"3.141592653589793", 3.141592653589793},
                      {"123456789.123456789", 123456789.123456789},
                      {"0.000000000000000000000000000000000000000000000000000123456789012345678901234567890",
                       0.000000000000000000000000000000000000000000000000000123456789012345678901234567890}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    const auto value = parse_json(r.text);
    REQUIRE(value.has_value());
    REQUIRE(value->is_double());
    CHECK(std::bit_cast<std::uint64_t>(value->get_double()) == std::bit_cast<std::uint64_t>(r.value));
  }
}

TEST_CASE("an integer beyond 2^53 keeps its last digit", "[wire][json_limits]") {
  CHECK(parse_json("9007199254740993")->as_int64() == 9007199254740993);
  CHECK(written(json::value(9007199254740993)) == "9007199254740993");
}

TEST_CASE("any finite double survives the way out and in", "[wire][json_limits]") {
  std::mt19937_64 bits(20'260'101);  // NOLINT(cert-msc51-cpp): the same numbers every time
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(static_cast<std::uint64_t>(bits()));
    if (!std::isfinite(value)) continue;
    const auto back = parse_json(number(value));
    REQUIRE(back.has_value());
    if (back->to_number<double>() != value) FAIL_CHECK(number(value));
  }
}

TEST_CASE("decimals of few digits survive the way out and in, and are written as they were", "[wire][json_limits]") {
  std::mt19937_64 bits(1);  // NOLINT(cert-msc51-cpp): the same numbers every time
  const double scales[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  for (int i = 0; i < 20'000; ++i) {
    const auto digits =
        static_cast<double>(static_cast<std::int64_t>(bits() % 2'000'000'000'000'000) - 1'000'000'000'000'000);
    const double value = digits / scales[bits() % 7];
    const std::string text = number(value);
    const auto back = parse_json(text);
    REQUIRE(back.has_value());
    if (back->to_number<double>() != value || text.size() > 18) FAIL_CHECK(text);
  }
}

TEST_CASE("text that is no JSON is refused", "[wire][json_limits]") {
  struct row {
    const char* why;
    std::string_view text;
  };
  const row rows[] = {
      {"nothing", ""},
      {"white space only", "  "},
      {"truncated, edge case 156", R"(["x")"},
      {"a word", "abc"},
      {"a word of JavaScript", "undefined"},
      {"no number", "NaN"},
      {"infinity", "Infinity"},
      {"leading zero", "01"},
      {"a plus sign", "+1"},
      {"a fraction without a whole part", ".5"},
      {"a fraction without digits", "1."},
      {"an exponent without digits", "1e"},
      {"a comma too many", "[1,]"},
      {"a comma too many in an object", R"({"a":1,})"},
      {"no quotes around a key", "{a:1}"},
      {"single quotes", "['a']"},
      {"a comment", "[1/**/]"},
      {"something behind the value", "[1] x"},
      {"a second value", "[1][2]"},
      {"a raw control character", "\"a\nb\""},
      {"a raw zero byte", "\"a\0b\""sv},
      {"a zero byte behind the value", "[1]\0"sv},
      {"an unknown escape", R"("\x41")"},
      {"an escape cut short", R"("\u12)"},
      {"a surrogate without digits", R"("\ud83g")"},
      {"a lone surrogate and bad JSON", R"("\ud83d)"},
      {"no UTF-8", "\"\xFF\""},
      {"no UTF-8 outside of a string", "[\xFF]"},
      {"a surrogate as bytes", "\"\xED\xA0\xBD\""},
      {"an overlong form", "\"\xC0\xAF\""},
      {"a sign cut short", "\"\xE2\x82\""},
      {"a byte order mark", "\xEF\xBB\xBF[]"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto value = parse_json(r.text);
    REQUIRE(value.has_error());
    CHECK(value.error().code == errc::bad_json);
    CHECK(value.error().offset <= r.text.size());
  }
}

TEST_CASE("a fault tells where the text went wrong", "[wire][json_limits]") {
  CHECK(parse_json("[1,2,x]").error().offset == 5);
  CHECK(parse_json("[1,2] x").error().offset == 6);
  CHECK(parse_json(R"(["\ud83d",x])").error().offset == 10);  // behind what was rewritten
}

TEST_CASE("nesting is read to the limit and no deeper", "[wire][json_limits]") {
  CHECK(parse_json(nested(1'024)).has_value());
  CHECK(parse_json(nested(1'025)).error().code == errc::json_too_deep);
  CHECK(parse_json(std::string(1'000'000, '[')).error().code == errc::json_too_deep);
  json_limits limits;
  limits.max_depth = 2;
  CHECK(parse_json(R"([{"a":1}])", {}, limits).has_value());
  CHECK(parse_json(R"([{"a":[]}])", {}, limits).error().code == errc::json_too_deep);
  CHECK(parse_json(R"(["\ud83d",[[]]])", {}, limits).error().code == errc::json_too_deep);
}

TEST_CASE("values are made in the storage that the caller gives", "[wire][json_limits]") {
  json::monotonic_resource storage;
  const auto value = parse_json(R"(["a string that does not fit into the value itself",{"a":[1]}])", &storage);
  REQUIRE(value.has_value());
  CHECK(*value->storage() == storage);
  CHECK(*value->at(1).storage() == storage);
}

TEST_CASE("what a double cannot say is written as null", "[wire][json_limits]") {
  CHECK(number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "null");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "null");
  json::object object;
  object["a"] = json::array{std::nan(""), 1};
  CHECK(written(object) == R"({"a":[null,1]})");
}

TEST_CASE("doubles are written in the shortest form that reads back", "[wire][json_limits]") {
  struct row {
    double value;
    std::string_view text;
  };
  const row rows[] = {{0.0, "0"},
                      {-0.0, "0"},
                      {1.0, "1"},
                      {-1.0, "-1"},
                      {1e6, "1000000"},
                      {0.1, "0.1"},
                      {1.5, "1.5"},
                      {-0.5, "-0.5"},
                      {12.345678, "12.345678"},
                      {0.000001, "0.000001"},
                      {-0.0000015, "-1.5e-06"},
                      {999999999.999999, "999999999.999999"},
                      {1000000000.5, "1000000000.5"},
                      {100.10, "100.1"},
                      {0.30000000000000004, "0.30000000000000004"},
                      {1.0000000000000002, "1.0000000000000002"},
                      {9007199254740991.0, "9007199254740991"},
                      {1e23, "1e+23"},
                      {5e-324, "5e-324"},
                      {1.7976931348623157e308, "1.7976931348623157e+308"},
                      {-2.2250738585072014e-308, "-2.2250738585072014e-308"}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(number(r.value) == r.text);
  }
}

TEST_CASE("integers are written in full", "[wire][json_limits]") {
  CHECK(written(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(written(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(written(false) == "false");
}

TEST_CASE("strings are escaped where JSON asks for it", "[wire][json_limits]") {
  struct row {
    const char* why;
    std::string_view text;
    std::string_view literal;
  };
  const row rows[] = {
      {"nothing", "", R"("")"},
      {"plain", "hello", R"("hello")"},
      {"quote and backslash", R"(a"b\c)", R"("a\"b\\c")"},
      {"short escapes", "\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"other control characters", "\x01\x1f\0"sv, R"("\u0001\u001f\u0000")"},
      {"the payload separator",
       "a\x1e"
       "b",
       R"("a\u001eb")"},
      {"a slash stays", "a/b", R"("a/b")"},
      {"multibyte text", "\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xE2\x82\xAC\xF0\x9F\x98\x80\""},
      {"ill-formed UTF-8",
       "a\xFF"
       "b\xED\xA0\x80",
       "\"a\xEF\xBF\xBD"
       "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"ill-formed and to be escaped", "\"\xFF\"", "\"\\\"\xEF\xBF\xBD\\\"\""},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(string_literal(r.text) == r.literal);
  }
}

TEST_CASE("every byte at every place of a string reads back as its UTF-8", "[wire][json_limits]") {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 45; ++at) {  // a block of 32, a word of 8, and single bytes
      std::string text(45, 'x');
      text[at] = static_cast<char>(byte);
      const auto back = parse_json(string_literal(text));
      if (!back || back->as_string() != to_utf8(text)) FAIL_CHECK("byte " << byte << " at " << at);
    }
  }
}

TEST_CASE("keys are escaped as strings are", "[wire][json_limits]") {
  json::object object;
  object["a\"\xFF"] = 1;
  CHECK(written(object) == "{\"a\\\"\xEF\xBF\xBD\":1}");
}
