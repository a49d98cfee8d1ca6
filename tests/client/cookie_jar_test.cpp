// Cookies of a server.

#include "client/cookie_jar.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"

using namespace cosio::clients;
using namespace std::chrono_literals;

namespace {

struct jar_at {
  std::chrono::system_clock::time_point now = std::chrono::sys_days(std::chrono::year(2026) / 12 / 1);
  cookie_jar jar{[this] { return now; }};
};

}  // namespace

TEST_CASE("cookies are sent back until their time is over", "[client][cookies]") {
  jar_at at;
  CHECK(at.jar.header().empty());
  at.jar.take("io=abc; Path=/; HttpOnly; SameSite=Strict");
  at.jar.take(" b = \"x y\" ;Max-Age=10");
  at.jar.take("c=1; expires=Tue, 01 Dec 2026 00:00:20 GMT");
  CHECK(at.jar.header() == "b=\"x y\"; c=1; io=abc");
  at.now += 10s;
  CHECK(at.jar.header() == "c=1; io=abc");
  at.now += 10s;
  CHECK(at.jar.header() == "io=abc");
  at.jar.take("io=; Max-Age=0");
  CHECK(at.jar.header().empty());
}

TEST_CASE("a cookie that cannot be read is left out", "[client][cookies]") {
  jar_at at;
  for (const char* text : {"", "=x", "x", ";", "a=b\r\nc: d", "a=b; expires=never", "a=b; max-age=never",
                           "a=b; max-age=-1", "a=b; expires=Tue, 01 Dec 2020 00:00:20 GMT"}) {
    CAPTURE(text);
    at.jar.take(text);
    CHECK(at.jar.header().empty());
  }
  at.jar.take("a=b; Max-Age=99999999999999999999; Expires=Tue, 01 Dec 2020 00:00:20 GMT");
  CHECK(at.jar.header() == "a=b");
}

TEST_CASE("a server cannot fill a client with cookies", "[client][cookies]") {
  jar_at at;
  at.jar.take("big=" + std::string(5'000, 'x'));
  CHECK(at.jar.header().empty());
  for (int i = 0; i < 1'000; ++i) at.jar.take('c' + std::to_string(i) + "=" + std::string(1'000, 'x'));
  CHECK(at.jar.header().size() < cookie_jar::max_all_bytes + 4 * cookie_jar::max_cookies);
  jar_at small;
  for (int i = 0; i < 1'000; ++i) small.jar.take('c' + std::to_string(i) + "=x");
  small.jar.take("c0=y");
  const std::string header = small.jar.header();
  CHECK(std::count(header.begin(), header.end(), '=') == static_cast<long>(cookie_jar::max_cookies));
  CHECK(header.find("c0=y") != std::string::npos);
}

TEST_CASE("dates of HTTP are read, and nothing else", "[client][cookies]") {
  const std::chrono::system_clock::time_point when =
      std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s;
  CHECK(read_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == when);
  CHECK(read_http_date("Sun, 06-Nov-1994 08:49:37 GMT") == when);
  CHECK(read_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == when);
  CHECK(read_http_date("Sun, -6 Nov 1994 08:49:37 GMT") == when);  // "-" separates (RFC 6265, section 5.1.1)
  for (const char* text :
       {"", "x", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(read_http_date(text));
  }
}
