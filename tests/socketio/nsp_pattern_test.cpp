// Patterns of namespace names.

#include <cosio/error.hpp>
#include <cosio/nsp.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

using cosio::pattern;

TEST_CASE("a pattern matches a whole name", "[socketio][nsp_pattern]") {
  struct row {
    std::string_view text;
    std::string_view name;
    bool matches;
  };
  const row rows[] = {{"/a", "/a", true},
                      {"/a", "/A", false},
                      {"/a", "/ab", false},
                      {"/a", "x/a", false},
                      {"/a", "", false},
                      {"", "", true},
                      {"", "/", false},
                      {"/dynamic-{digits}", "/dynamic-1", true},
                      {"/dynamic-{digits}", "/dynamic-0123456789", true},
                      {"/dynamic-{digits}", "/dynamic-", false},
                      {"/dynamic-{digits}", "/dynamic-1a", false},
                      {"/dynamic-{digits}", "/dynamic-a1", false},
                      {"/dynamic-{digits}", "/dynamic--1", false},
                      {"/dynamic-{digits}", "/dynamic-1,", false},
                      {"/dynamic-{digits}", "/dynamic-\xd9\xa1", false},  // an Arabic digit
                      {"/{word}", "/aZ_-9", true},
                      {"/{word}", "/a.b", false},
                      {"/{word}", "/a/b", false},
                      {"/{word}", "/", false},
                      {"/{any}", "/\xe2\x82\xac /\n", true},
                      {"/{any}", "/", false},
                      {"{any}", "/x", true},
                      {"/{word}/{digits}", "/room/12", true},
                      {"/{word}/{digits}", "/room/", false},
                      {"/{digits}{digits}", "/1", false},
                      {"/{digits}{digits}", "/12", true},
                      {"/{any}b", "/bbb", true},
                      {"/{any}b{any}", "/abab", true},
                      {"/{word}-{word}", "/a-b-c", true},
                      {"/{word}-{word}", "/--", false},
                      {"/{word}-{word}", "/---", true},
                      {"/{any}x", "/xx", true},
                      {"/{any}x", "/x", false},
                      {"/a}b", "/a}b", true}};
  for (const row& r : rows) {
    CAPTURE(r.text, r.name);
    CHECK(pattern(r.text).matches(r.name) == r.matches);
  }
}

TEST_CASE("a pattern with an unknown or open brace is refused, with the reason", "[socketio][nsp_pattern]") {
  for (const std::string_view wrong :
       {"/{", "/{digits", "/{}", "/{number}", "/{ digits}", "/{digits}{", "/{{digits}}"}) {
    CAPTURE(wrong);
    try {
      const pattern made(wrong);
      FAIL("it was accepted");
    } catch (const cosio::error& e) {
      CHECK(e.code() == cosio::errc::bad_argument);
      CHECK(e.detail().find("{digits}, {word} and {any}") != std::string::npos);
    }
  }
}

// A backtracking matcher would need more steps than there are atoms: that this test ends at all is what it checks.
TEST_CASE("a pattern full of choices answers for a name full of them", "[socketio][nsp_pattern]") {
  std::string text = "/";
  for (int i = 0; i < 60; ++i) text += "{any}a{word}a";
  const pattern nasty(text + "b");
  const std::string name = "/" + std::string(4'000, 'a');
  CHECK_FALSE(nasty.matches(name));
  CHECK(nasty.matches(name + "b"));
  CHECK_FALSE(nasty.matches(name + "c"));
}
