// JSONP bodies: calls with one string, and the field of a form.

#include "wire/jsonp.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "wire/json_limits.hpp"

using namespace cosio;
using namespace cosio::wire;
using namespace std::string_literals;

namespace {

constexpr std::size_t plenty = 1'000'000;

std::optional<std::string> form(std::string_view body) {
  const auto read = read_jsonp_form(body, plenty);
  REQUIRE(read.has_value());
  return *read;
}

}  // namespace

TEST_CASE("the index of a JSONP function is the digits of its parameter", "[wire][jsonp]") {
  CHECK(jsonp_index("0") == "0");
  CHECK(jsonp_index("12a3") == "123");  // edge 106
  CHECK(jsonp_index("];alert(1)//7") == "17");
  CHECK(jsonp_index("") == "");
  CHECK(jsonp_index("abc") == "");
}

TEST_CASE("a JSONP response is a call with one string", "[wire][jsonp]") {
  struct row {
    const char* why;
    std::string_view payload;
    std::string_view script;
  };
  const row rows[] = {
      {"edge 105", "2:40", R"(___eio[0]("2:40");)"},
      {"quotes, as in the open packet", R"(4:0{"a":1})", R"(___eio[0]("4:0{\"a\":1}");)"},
      {"edge 108", "4:4a\xE2\x80\xA8\xE2\x80\xA9", R"(___eio[0]("4:4a\u2028\u2029");)"},
      {"others that begin alike stay", "\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC",
       "___eio[0](\"\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC\");"},
      {"line feeds, backslashes, controls", "4a\n\\n\t\x01", R"(___eio[0]("4a\n\\n\t\u0001");)"},
      {"the separator of revision 4",
       "4a\x1e"
       "4b",
       R"(___eio[0]("4a\u001e4b");)"},
      {"nothing", "", R"(___eio[0]("");)"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(write_jsonp("0", r.payload) == r.script);
  }
}

TEST_CASE("a JSONP script is well-formed whatever the payload is", "[wire][jsonp]") {
  for (const std::string& payload : {"4\xFF"s, "4\xE2\x80"s, "4\xE2"s, std::string("4\0b", 3), "4\xED\xA0\x80"s}) {
    const std::string script = write_jsonp("7", payload);
    REQUIRE(script.starts_with("___eio[7]("));
    const auto literal = std::string_view(script).substr(10, script.size() - 12);
    const auto parsed = parse_json(literal);
    REQUIRE(parsed.has_value());
    CHECK(parsed->is_string());
  }
}

TEST_CASE("the payload of a JSONP form is its field d", "[wire][jsonp]") {
  struct row {
    const char* why;
    std::string_view body;
    std::optional<std::string> payload;
  };
  const row rows[] = {
      {"plain", "d=1:2", "1:2"},
      {"percent-encoded", "d=6%3A4hello", "6:4hello"},
      {"a plus is a space", "d=4%3A4a+b", "4:4a b"},
      {"UTF-8", "d=2%3A4%E2%82%AC", "2:4\xE2\x82\xAC"},
      {"among others", "a=1&d=1:2&b=2", "1:2"},
      {"an encoded name", "%64=1:2", "1:2"},
      {"an empty value", "d=", ""},
      {"a name without a value", "d", ""},
      {"a value with equals signs", "d=a=b=c", "a=b=c"},
      {"percent signs without two digits stay", "d=%&e=1", "%"},
      {"and here", "d=%4&e", "%4"},
      {"and here", "d=%zz%g0", "%zz%g0"},
      {"edge 110: no field d", "x=1:2", std::nullopt},
      {"edge 110: nothing at all", "", std::nullopt},
      {"another name that begins alike", "data=1:2&dd=1", std::nullopt},
      {"a list by brackets", "d[]=1:2", std::nullopt},
      {"two fields d: no string in the reference, either", "d=1:2&d=1:2", std::nullopt},
      {"only separators", "&&&", std::nullopt},
  };
  for (const row& r : rows) {
    CAPTURE(r.why, r.body);
    CHECK(form(r.body) == r.payload);
  }
}

TEST_CASE("line feeds survive the form that browsers would rewrite", "[wire][jsonp]") {  // edge 109
  CHECK(form(R"(d=4a\nb)") == "4a\nb");                                                  // backslash n: a line feed
  CHECK(form(R"(d=4a\\nb)") == R"(4a\nb)");                                              // two backslashes and n: one
  CHECK(form(R"(d=4a\\\nb)") == R"(4a\\nb)");                                            // one less
  CHECK(form(R"(d=%5Cn)") == "\n");                                                      // encoded or not
  CHECK(form(R"(d=%5C%5C%6E)") == R"(\n)");
  CHECK(form(R"(d=\n\n\nn)") == "\n\n\nn");
  CHECK(form(R"(d=\a\\b\)") == R"(\a\\b\)");  // others stay
  CHECK(form("d=a%0Ab") == "a\nb");
}

TEST_CASE("a JSONP form may have exactly as many bytes as its limit", "[wire][jsonp]") {
  CHECK(read_jsonp_form("d=1:2", 5).has_value());
  const auto refused = read_jsonp_form("d=1:22", 5);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::payload_too_large);
  CHECK(refused.error().offset == 5);
}

TEST_CASE("a megabyte of ampersands or backslashes takes one pass", "[wire][jsonp]") {
  CHECK(form(std::string(1'000'000, '&')) == std::nullopt);
  const auto many = read_jsonp_form("d=" + std::string(1'000'000, '\\') + "n", 2'000'000);
  REQUIRE(many.has_value());
  CHECK((*many)->size() == 1'000'000);
}
