// Options of engines are checked where an engine is made.

#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/options.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <string>

#include "engine/heartbeat.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds longest{2'147'483'647};

// Nothing, or the sentence that says what is wrong.
std::string refused(const std::function<void(engine_options&)>& change) {
  engine_options options;
  change(options);
  http::app app;
  try {
    const engine_server engine(app, options);
  } catch (const error& e) {
    return e.code() == errc::bad_argument ? e.detail() : "another error";
  }
  return {};
}

}  // namespace

TEST_CASE("an engine with an option that makes no sense is not made", "[engine][options]") {
  struct row {
    std::function<void(engine_options&)> change;
    std::string said;
  };
  const std::string long_time = ": write a time from 1 ms to 2147483647 ms";
  const std::string time = ": write a time from 1 ms on";
  const std::string number = " is 0: write a number from 1 on";
  const std::string names = R"(: write {"polling"}, {"websocket"} or {"polling", "websocket"})";
  const std::string rate =
      ": write a rate_limit of more than 0 in a second and at least 1 at once, or leave it out for "
      "no limit";
  const row rows[] = {
      {[](engine_options& o) { o.path = ""; },
       "the option path is \"\": write a path that begins with \"/\", without a query, with other characters than "
       "those "
       "of ASCII as %XX"},
      {[](engine_options& o) { o.transports = {"websockets"}; }, R"(the option transports is {"websockets"})" + names},
      {[](engine_options& o) { o.transports = {"polling", "tobi"}; }, R"(the option transports is {"tobi"})" + names},
      {[](engine_options& o) { o.transports = {}; }, "the option transports is empty" + names},
      {[](engine_options& o) { o.ping_interval = 0ms; }, "the option ping_interval is 0 ms" + long_time},
      {[](engine_options& o) { o.ping_interval = -1s; }, "the option ping_interval is -1000 ms" + long_time},
      {[](engine_options& o) { o.ping_interval = std::chrono::milliseconds::max(); },
       "the option ping_interval is " + std::to_string(std::chrono::milliseconds::max().count()) + " ms" + long_time},
      {[](engine_options& o) { o.ping_timeout = 0ms; }, "the option ping_timeout is 0 ms" + long_time},
      {[](engine_options& o) { o.ping_timeout_eio3 = 0ms; }, "the option ping_timeout_eio3 is 0 ms" + long_time},
      {[](engine_options& o) { o.ping_interval = longest - 59'999ms; },
       "the option ping_interval and the timeout behind it is 2147483648 ms" + long_time},
      {[](engine_options& o) { o.upgrade_timeout = 0ms; }, "the option upgrade_timeout is 0 ms" + time},
      {[](engine_options& o) { o.first_request_timeout = -1ms; },
       "the option first_request_timeout is -1 ms: write a time from 0 ms on"},
      {[](engine_options& o) { o.close_timeout = -1ms; },
       "the option close_timeout is -1 ms: write a time from 0 ms on"},
      {[](engine_options& o) { o.destroy_upgrade_timeout = -1ms; },
       "the option destroy_upgrade_timeout is -1 ms: write a time from 0 ms on"},
      {[](engine_options& o) { o.max_payload = 0; }, "the option max_payload" + number},
      {[](engine_options& o) { o.high_water_mark = 0; }, "the option high_water_mark" + number},
      {[](engine_options& o) { o.max_byte_rate = rate_limit(0, 5); },
       "the option max_byte_rate is rate_limit(0.000000, 5.000000)" + rate},
      {[](engine_options& o) { o.max_byte_rate = rate_limit(1, 0.5); },
       "the option max_byte_rate is rate_limit(1.000000, 0.500000)" + rate},
  };
  for (const row& r : rows) {
    CAPTURE(r.said);
    CHECK(refused(r.change) == r.said);
  }
  for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CAPTURE(bad);
    CHECK_FALSE(refused([bad](engine_options& o) { o.max_byte_rate = rate_limit(bad, 5); }).empty());
  }
  CHECK(
      refused([](engine_options& o) { o.trusted_proxies = {"::1", "nobody"}; }) ==
      R"(the option trusted_proxies is {"nobody"}: write addresses and networks, such as {"10.1.2.3"} or {"10.0.0.0/8"})");
  CHECK(refused([](engine_options& o) { o.proxy_header = "X-Forwarded-Fro"; }) ==
        R"(the option proxy_header is "X-Forwarded-Fro": write "X-Forwarded-For" or "Forwarded")");
  CHECK_FALSE(refused([](engine_options& o) { o.cookie.emplace().name = ""; }).empty());
  CHECK_FALSE(refused([](engine_options& o) { o.per_message_deflate.emplace().level = 10; }).empty());
}

TEST_CASE("options at their ends are taken", "[engine][options]") {
  CHECK(refused([](engine_options&) {}).empty());
  CHECK(refused([](engine_options& o) {
          o.path = "/";
          o.transports = {"websocket"};
          o.ping_interval = o.ping_timeout = o.upgrade_timeout = 1ms;
          o.ping_timeout_eio3 = 1ms;
          o.close_timeout = o.destroy_upgrade_timeout = o.first_request_timeout = 0ms;
          o.max_payload = o.max_packets = 1;
          o.high_water_mark = o.max_queued_bytes = 1;
          o.max_byte_rate = rate_limit(0.1, 1);
        }).empty());
  CHECK(refused([](engine_options& o) {
          o.max_packets = o.max_queued_bytes = o.max_client_bytes = 0;
          o.max_handlers_in_flight = o.max_held_bytes = 0;
        }).empty());
  CHECK(refused([](engine_options& o) {
          o.max_queued_bytes = 10;
          o.high_water_mark = 11;
        }).empty());
  CHECK(refused([](engine_options& o) {
          o.ping_interval = longest - 60s;
          o.upgrade_timeout = std::chrono::milliseconds::max();
        }).empty());
}

TEST_CASE("ping_timeout means both generations, unless one is told apart or it has its default", "[engine][options]") {
  using engine::ping_timeout;
  using wire::revision;
  engine_options options;
  CHECK(ping_timeout(options, revision::v4) == 20s);
  CHECK(ping_timeout(options, revision::v3) == 60s);
  options.ping_timeout = 5s;
  CHECK(ping_timeout(options, revision::v4) == 5s);
  CHECK(ping_timeout(options, revision::v3) == 5s);
  options.ping_timeout_eio3 = 7s;
  CHECK(ping_timeout(options, revision::v4) == 5s);
  CHECK(ping_timeout(options, revision::v3) == 7s);
}
