// Options of applications are checked where an application is made.

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <chrono>
#include <functional>
#include <string>

#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;
using http::app_options;

TEST_CASE("an application with an option that makes no sense is not made", "[http][app_options]") {
  struct row {
    std::function<void(app_options&)> change;
    std::string said;
  };
  const std::string time = " is 0 ms: write a time from 1 ms on";
  const std::string number = " is 0: write a number from 1 on";
  const row rows[] = {
      {[](app_options& o) { o.host = ""; },
       R"(the option host is empty: write "0.0.0.0", "::", or an address of this machine)"},
      {[](app_options& o) { o.threads = 1'025; }, "the option threads is 1025: write a number from 0 to 1024"},
      {[](app_options& o) { o.threads = static_cast<unsigned>(-1); },
       "the option threads is 4294967295: write a number from 0 to 1024"},
      {[](app_options& o) { o.max_body = 0; }, "the option max_body" + number},
      {[](app_options& o) { o.max_head = 0; }, "the option max_head" + number},
      {[](app_options& o) { o.max_headers = 0; }, "the option max_headers" + number},
      {[](app_options& o) { o.head_timeout = 0ms; }, "the option head_timeout" + time},
      {[](app_options& o) { o.body_timeout = 0ms; }, "the option body_timeout" + time},
      {[](app_options& o) { o.idle_timeout = 0ms; }, "the option idle_timeout" + time},
      {[](app_options& o) { o.idle_timeout = -5ms; }, "the option idle_timeout is -5 ms: write a time from 1 ms on"},
  };
  for (const row& r : rows) {
    CAPTURE(r.said);
    app_options options;
    r.change(options);
    try {
      const http::app app(options);
      FAIL("it was made");
    } catch (const error& e) {
      CHECK(e.code() == errc::bad_argument);
      CHECK(e.detail() == r.said);
    }
  }
}

TEST_CASE("the smallest values are taken", "[http][app_options]") {
  app_options options;
  options.max_body = options.max_head = options.max_headers = 1;
  options.head_timeout = options.body_timeout = options.idle_timeout = 1ms;
  CHECK_NOTHROW(http::app(options));
}

TEST_CASE("any number of threads up to 1,024 is taken", "[http][app_options]") {
  app_options options;
  for (const unsigned threads : {0U, 1U, 1'024U}) {
    options.threads = threads;
    CHECK_NOTHROW(http::app(options));
  }
}

TEST_CASE("an address of IPv6 stands in brackets before its port", "[http][app_options]") {
  CHECK(http::authority("::", 80) == "[::]:80");
  CHECK(http::authority("fe80::1%eth0", 1) == "[fe80::1%eth0]:1");
  CHECK(http::authority("0.0.0.0", 3000) == "0.0.0.0:3000");
  CHECK(http::authority("app.example", 443) == "app.example:443");
}

TEST_CASE("an open port has a URL", "[http][app_options]") {
  app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  http::app app(options);
  CHECK(app.url().empty());
  const auto port = app.listen();
  CHECK(app.url() == "http://127.0.0.1:" + std::to_string(port));
}
