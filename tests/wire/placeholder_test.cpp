// Placeholders: which are good, and which name nothing (CVE-2022-2421).

#include "wire/placeholder.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "wire/json_limits.hpp"

using namespace cosio::wire;
using cosio::errc;

namespace {

boost::json::value json(std::string_view text) { return parse_json(text).value(); }

}  // namespace

TEST_CASE("a placeholder is an object marked true with a whole number", "[wire][placeholder]") {
  struct row {
    const char* why;
    std::string_view text;
    std::optional<std::size_t> index;
  };
  const row rows[] = {
      {"the usual form", R"({"_placeholder":true,"num":0})", 0},
      {"the other order", R"({"num":3,"_placeholder":true})", 3},
      {"further members", R"({"_placeholder":true,"num":1,"x":2})", 1},
      {"a whole number written as a fraction", R"({"_placeholder":true,"num":2.0})", 2},
      {"the mark is false", R"({"_placeholder":false,"num":0})", {}},
      {"the mark is no boolean", R"({"_placeholder":1,"num":0})", {}},
      {"no mark", R"({"num":0})", {}},
      {"no number", R"({"_placeholder":true})", {}},
      {"negative", R"({"_placeholder":true,"num":-1})", {}},
      {"a negative fraction", R"({"_placeholder":true,"num":-0.5})", {}},
      {"a fraction", R"({"_placeholder":true,"num":0.5})", {}},
      {"a string", R"({"_placeholder":true,"num":"0"})", {}},
      {"null", R"({"_placeholder":true,"num":null})", {}},
      {"huge", R"({"_placeholder":true,"num":1e300})", {}},
      {"beyond 64 bits", R"({"_placeholder":true,"num":18446744073709551616})", {}},
      {"an array", R"([true,0])", {}},
      {"a number", "0", {}},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(placeholder_index(json(r.text)) == r.index);
  }
}

TEST_CASE("placeholders that name an attachment are accepted", "[wire][placeholder]") {
  struct row {
    const char* why;
    std::string_view text;
    std::size_t count;
  };
  const row rows[] = {
      {"none at all", R"(["a",1,{"x":null}])", 0},
      {"one", R"(["a",{"_placeholder":true,"num":0}])", 1},
      {"fewer than attachments", R"(["a"])", 2},
      {"reversed, edge case 169", R"([{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])", 2},
      {"deep inside", R"([{"a":[[{"b":{"_placeholder":true,"num":1}}]]}])", 2},
      {"what is not marked true is data", R"([{"_placeholder":"true","num":9}])", 1},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(check_placeholders(json(r.text), r.count).has_value());
  }
}

TEST_CASE("placeholders that name no attachment are refused", "[wire][placeholder]") {
  // edge case 168
  struct row {
    const char* why;
    std::string_view text;
    std::size_t count;
  };
  const row rows[] = {
      {"a string", R"(["a",{"_placeholder":true,"num":"splice"}])", 1},
      {"negative", R"(["a",{"_placeholder":true,"num":-1}])", 1},
      {"out of range", R"(["a",{"_placeholder":true,"num":1}])", 1},
      {"a fraction", R"(["a",{"_placeholder":true,"num":0.5}])", 1},
      {"huge", R"(["a",{"_placeholder":true,"num":1e99}])", 1},
      {"missing", R"(["a",{"_placeholder":true}])", 1},
      {"good ones first", R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":2}])", 2},
      {"deep inside", R"([{"a":[[{"b":{"_placeholder":true,"num":7}}]]}])", 2},
      {"all of the payload", R"({"_placeholder":true,"num":1})", 1},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto checked = check_placeholders(json(r.text), r.count);
    REQUIRE(checked.has_error());
    CHECK(checked.error().code == errc::bad_placeholder);
  }
}

TEST_CASE("placeholders are written as the reference writes them", "[wire][placeholder]") {
  std::string out = "[";
  append_placeholder(out, 12);
  CHECK(out == R"([{"_placeholder":true,"num":12})");
  CHECK(placeholder_index(json(std::string_view(out).substr(1))) == 12);
}

TEST_CASE("an attachment that is named twice is refused, whatever the parser", "[wire][placeholder]") {
  // edge case 169
  struct row {
    const char* why;
    std::string text;
    std::size_t count;
  };
  std::string seventeen = "[";
  for (int i = 0; i < 17; ++i) seventeen += R"({"_placeholder":true,"num":)" + std::to_string(i) + "},";
  const row rows[] = {
      {"side by side", R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])", 1},
      {"among enough others", R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])", 2},
      {"written differently", R"([{"_placeholder":true,"num":1},{"num":1.0,"_placeholder":true}])", 2},
      {"at other depths", R"({"a":{"_placeholder":true,"num":0},"b":[[{"_placeholder":true,"num":0}]]})", 1},
      {"the last of many", seventeen + R"({"_placeholder":true,"num":16}])", 17},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    for (const auto stray : {stray_placeholder::error, stray_placeholder::data}) {
      const auto checked = check_placeholders(json(r.text), r.count, stray);
      REQUIRE(checked.has_error());
      CHECK(checked.error().code == errc::bad_placeholder);
    }
  }
  CHECK(check_placeholders(json(seventeen + "0]"), 17).has_value());
}

TEST_CASE("what names nothing is data where a parser has binary of its own", "[wire][placeholder]") {
  const auto value = json(R"([{"_placeholder":true,"num":1},{"_placeholder":true},{"_placeholder":true,"num":0}])");
  CHECK(check_placeholders(value, 1, stray_placeholder::data).has_value());
  CHECK(check_placeholders(value, 1).has_error());
}

TEST_CASE("placeholders are counted in text: members, not words", "[wire][placeholder]") {
  struct row {
    std::string_view text;
    std::size_t count;
  };
  const row rows[] = {
      {R"(["a"])", 0},
      {R"([{"_placeholder":true,"num":0},{"num":1,"_placeholder":true}])", 2},
      {R"({"_placeholder":true})", 1},
      {R"(["\"_placeholder\":true"])", 0},    // a word of somebody's
      {R"([{"x\"_placeholder":true}])", 0},   // another key
      {R"([{"\\\"_placeholder":true}])", 0},  // the same behind a backslash
      {R"([{"_placeholder":false},{"_placeholder":"true"}])", 0},
  };
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(count_placeholders(r.text) == r.count);
  }
}
