// Characters that a header may contain.

#include "http/field_rules.hpp"

#include <cosio/error.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio;
using namespace cosio::http;

TEST_CASE("tokens are letters, digits and some signs", "[http][field_rules]") {
  for (const char* good : {"GET", "x-header", "a!#$%&'*+-.^_`|~9"}) CHECK(is_token(good));
  for (const char* bad : {"", "a b", "a:", "a\r\n", "(a)", "\xC3\xA9"}) CHECK_FALSE(is_token(bad));
}

TEST_CASE("of all bytes exactly these are allowed in a name, and exactly these break a head", "[http][field_rules]") {
  const std::string token =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";  // RFC 9110, section 5.6.2
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string one(1, static_cast<char>(byte));
    CHECK(is_token(one) == (token.find(one) != std::string::npos));
    const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
    CHECK((cosio::test::error_of([&] { check_field("X-Zone", one); }) == errc::bad_argument) == control);
  }
}

TEST_CASE("a host has the characters that URLs give it", "[http][field_rules]") {
  for (const char* good :
       {"", "a.example", "a.example:3000", "127.0.0.1", "[::1]:80", "xn--e1afmkfd.test", "a_b", "%41"})
    CHECK(is_authority(good));
  for (const char* bad : {"a b", "a/../b@c", "a@b", "a/b", "a?b", "a#b", "a\\b", "a\"b", "<a>", "\xC3\xA9", "a\tb"})
    CHECK_FALSE(is_authority(bad));
}

TEST_CASE("a header that would break the head is refused without repeating it", "[http][field_rules]") {
  CHECK_NOTHROW(check_field("X-A", "any text, \xC3\xA9 and\ttabs"));
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"X A", "secret"},
                                    {"", "secret"},
                                    {"X-A", "secret\r\nX-B: 1"},
                                    {"X-A", std::string("secret\0", 7)}}) {
    try {
      check_field(name, value);
      FAIL("accepted");
    } catch (const error& e) {
      CHECK(e.code() == errc::bad_argument);
      CHECK(e.detail().find("secret") == std::string::npos);
    }
  }
}
