// Text of clients in lines of the log.

#include "base/log_text.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace cosio;

TEST_CASE("text of a client is cut between characters", "[base][log_text]") {
  CHECK(base::shortened("short") == "short");
  CHECK(base::shortened(std::string(64, 'x')) == std::string(64, 'x'));
  CHECK(base::shortened(std::string(65, 'x')) == std::string(64, 'x') + "…");
  CHECK(base::shortened("ab\xC3\xA4"
                        "cd",
                        3) == "ab…");
  CHECK(base::shortened("ab\xC3\xA4"
                        "cd",
                        4) == "ab\xC3\xA4…");
  CHECK(base::shortened("\xA4\xA4\xA4", 2) == "…");
}

TEST_CASE("a name of a client cannot leave its quotes, begin a line or turn text around", "[base][log_text]") {
  struct row {
    std::string_view name;
    std::string_view text;
  };
  const row rows[] = {
      {"", R"("")"},
      {"order", R"("order")"},
      {"\"); system(\"x", R"x("\"); system(\"x")x"},
      {"ends with a backslash\\", R"("ends with a backslash\\")"},
      {"\\\"", R"("\\\"")"},
      {"a\n[cosio] error http: all is lost\r\x1b[2J\x7f", R"("a\x0a[cosio] error http: all is lost\x0d\x1b[2J\x7f")"},
      {"\\x0a", R"("\\x0a")"},  // no escape, but these four characters
      {"\xC2\x9B \xE2\x80\xA8", R"("\xc2\x9b \xe2\x80\xa8")"},
      {"\xE2\x80\xAE \xE2\x81\xA6 \xE2\x81\xA9", R"("\xe2\x80\xae \xe2\x81\xa6 \xe2\x81\xa9")"},
      {"\xE2\x80\x8E \xE2\x80\x8F \xD8\x9C", R"("\xe2\x80\x8e \xe2\x80\x8f \xd8\x9c")"},
      {"\xC3\xA4 \xE2\x82\xAC", "\"\xC3\xA4 \xE2\x82\xAC\""},
  };
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(base::quoted(r.name) == r.text);
  }
}

TEST_CASE("a long name is quoted as its beginning, whatever it is made of", "[base][log_text]") {
  CHECK(base::quoted(std::string(1'000, 'x')) == "\"" + std::string(64, 'x') + "…\"");
  CHECK(base::quoted(std::string(1'000, '"')).size() == 2 * 64 + 2 + std::string_view("…").size());
  CHECK(base::quoted("\\\\\\", 2) == R"("\\\\…")");
}

TEST_CASE("marks of direction are escapes in every line", "[base][log_text]") {
  CHECK(base::has_control("\xE2\x80\x8E"));
  CHECK(base::has_control("a\xD8\x9C"));
  CHECK_FALSE(base::has_control("\xE2\x80\x8D \xD8\x9D"));
  CHECK(base::one_line("a\xE2\x80\x8F\xD8\x9C") == "a\\xe2\\x80\\x8f\\xd8\\x9c");
}
