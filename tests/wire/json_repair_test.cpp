// Text that is rewritten for Boost.JSON, and text that is not.

#include "wire/json_repair.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using cosio::wire::repair_json;

TEST_CASE("lone surrogates and endless exponents are rewritten where they stand", "[wire][json_repair]") {
  struct row {
    const char* why;
    std::string_view before;
    std::string_view after;
  };
  const row rows[] = {
      {"a high surrogate at the end", R"("\ud83d")", R"("\ufffd")"},
      {"a high surrogate before text", R"("a\uD83Db")", R"("a\ufffdb")"},
      {"a high surrogate before another escape", R"("\ud83d\n")", R"("\ufffd\n")"},
      {"a high surrogate before an escape of no surrogate", R"("\ud83d\u0041")", R"("\ufffd\u0041")"},
      {"two high surrogates, then a low one", R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"},
      {"a low surrogate", R"("\ude00")", R"("\ufffd")"},
      {"a pair the wrong way round", R"("\ude00\ud83d")", R"("\ufffd\ufffd")"},
      {"a key", R"({"\udbff":1})", R"({"\ufffd":1})"},
      {"several strings", R"(["\ud800","\ud83d\ude00","\udfff"])", R"(["\ufffd","\ud83d\ude00","\ufffd"])"},
      {"an exponent of ten digits", "1e1234567890", "1e0999999999"},
      {"a negative exponent", "[1E-12345678901]", "[1E-00999999999]"},
      {"a long exponent behind zeros", "1e+0009999999999", "1e+0000999999999"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    std::string text(r.before);
    CHECK(repair_json(text));
    CHECK(text == r.after);
    CHECK_FALSE(repair_json(text));
  }
}

TEST_CASE("whatever else is in the text is left alone", "[wire][json_repair]") {
  const std::string_view rows[] = {
      "",
      R"("\ud83d\ude00")",
      R"("\\ud83d")",  // a backslash, then text
      R"("\ud83)",     // cut short
      R"("\ud83g")",   // no hexadecimal digits
      R"("\u")",
      R"("\)",
      R"(\ud83d)",  // outside of a string
      R"("1e1234567890")",
      "1e123456789",
      "1e0000000000000123456789",
      "[true,false,null,1e5]",
      "1e",
      "1e+",
      "1234567890123456789012345678901234567890",
  };
  for (const std::string_view row : rows) {
    CAPTURE(row);
    std::string text(row);
    CHECK_FALSE(repair_json(text));
    CHECK(text == row);
  }
}
