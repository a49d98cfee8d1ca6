// The session cookie.

#include <cosio/error.hpp>
#include <cosio/options.hpp>

#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

TEST_CASE("cookies are written in the reference's order", "[http][cookies]") {
  CHECK(set_cookie({}, "abc_-123") == "io=abc_-123; Path=/; HttpOnly; SameSite=Lax");

  cookie_options full;
  full.name = "srv";
  full.max_age = 10s;
  full.domain = "a.com";
  full.path = "/z";
  full.http_only = false;
  full.secure = true;
  full.same_site = same_site::strict;
  CHECK(set_cookie(full, "1") == "srv=1; Max-Age=10; Domain=a.com; Path=/z; Secure; SameSite=Strict");

  full.http_only = true;
  full.partitioned = true;
  full.same_site = same_site::none;
  full.expires = std::chrono::system_clock::time_point(784111777s);
  CHECK(set_cookie(full, "1") ==
        "srv=1; Max-Age=10; Domain=a.com; Path=/z; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Secure; "
        "Partitioned; SameSite=None");

  cookie_options bare;
  bare.path.clear();
  bare.http_only = false;
  bare.same_site = same_site::unset;
  CHECK(set_cookie(bare, "x") == "io=x");
}

TEST_CASE("a cookie's value cannot become an attribute", "[http][cookies]") {
  CHECK(set_cookie({}, "a;b\r\n=\"\xC3\xA4") == "io=a%3Bb%0D%0A%3D%22%C3%A4; Path=/; HttpOnly; SameSite=Lax");
}

TEST_CASE("a cookie's value is encoded as encodeURIComponent() does it", "[http][cookies]") {
  const std::string plain = "ABCXYZabcxyz0189-_.!~*'()";
  CHECK(set_cookie({}, plain).starts_with("io=" + plain + ";"));
  CHECK(set_cookie({}, " %/?:@&=+$,#[]").starts_with("io=%20%25%2F%3F%3A%40%26%3D%2B%24%2C%23%5B%5D;"));
  CHECK(set_cookie({}, std::string_view("\0\x7F\xFF", 3)).starts_with("io=%00%7F%FF;"));
}

TEST_CASE("cookie options that would break the header are refused when they are set", "[http][cookies]") {
  const auto refused = [](auto change) {
    cookie_options options;
    change(options);
    CHECK_THROWS_AS(validate(options), error);
    CHECK_THROWS_AS(set_cookie(options, "x"), error);
  };
  CHECK_NOTHROW(validate(cookie_options()));
  for (const char* name : {"", "a b", "a;b", "a=b", "a\r\nb", "a\"", "\xC3\xA4"})
    refused([&](cookie_options& o) { o.name = name; });
  for (const char* path : {"/;x", "/\r\n", "/\x7F", "/\xC3\xA4"}) refused([&](cookie_options& o) { o.path = path; });
  for (const char* domain : {"a;b", "a b", "a\r\nb", "a/b"}) refused([&](cookie_options& o) { o.domain = domain; });
  refused([](cookie_options& o) { o.same_site = same_site::none; });
  refused([](cookie_options& o) { o.partitioned = true; });
}
