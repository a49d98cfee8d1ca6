// Checks of <cosio/options.hpp>'s engine_options.

#include <cosio/options.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/option_rules.hpp"
#include "engine/heartbeat.hpp"
#include "engine/message_deflate.hpp"
#include "http/forwarded.hpp"
#include "wire/utf8.hpp"

namespace cosio::inline v0_2 {
namespace {

using namespace std::chrono_literals;
using base::refuse_option;
using base::require_number;
using base::require_time;
using std::chrono::milliseconds;

void check_transports(const std::vector<std::string>& names) {
  constexpr const char* instead = R"({"polling"}, {"websocket"} or {"polling", "websocket"})";
  if (names.empty()) refuse_option("transports", "empty", instead);
  for (const std::string& name : names)
    if (name != "polling" && name != "websocket") refuse_option("transports", "{\"" + name + "\"}", instead);
}

void check_heartbeat(const engine_options& options) {
  // The timers of JavaScript end at once above 2^31 - 1 ms. A client sets one to the sum of both times.
  constexpr milliseconds most{2'147'483'647};
  const milliseconds longest = std::max(options.ping_timeout, engine::ping_timeout(options, wire::revision::v3));
  require_time("ping_interval", options.ping_interval, 1ms, most);
  require_time("ping_timeout", options.ping_timeout, 1ms, most);
  if (options.ping_timeout_eio3) require_time("ping_timeout_eio3", *options.ping_timeout_eio3, 1ms, most);
  require_time("ping_interval and the timeout behind it", options.ping_interval + longest, 1ms, most);
}

void check_memory(const engine_options& options) {
  require_number("max_payload", options.max_payload, 1);
  require_number("high_water_mark", options.high_water_mark, 1);
}

}  // namespace

void validate(const rate_limit& limit, std::string_view name) {
  const bool fits = std::isfinite(limit.per_second) && limit.per_second > 0 && limit.burst >= 1;
  if (fits) return;
  refuse_option(name, "rate_limit(" + std::to_string(limit.per_second) + ", " + std::to_string(limit.burst) + ")",
                "a rate_limit of more than 0 in a second and at least 1 at once, or leave it out for no limit");
}

void validate(const engine_options& options) {
  base::require_path("path", options.path);
  if (options.initial_packet && !options.initial_packet->is_binary() && !wire::is_utf8(options.initial_packet->text()))
    refuse_option("initial_packet", "text that is not UTF-8", "UTF-8, or cosio::binary");
  check_transports(options.transports);
  check_heartbeat(options);
  check_memory(options);
  require_time("upgrade_timeout", options.upgrade_timeout, 1ms);
  require_time("first_request_timeout", options.first_request_timeout, 0ms);
  require_time("close_timeout", options.close_timeout, 0ms);
  require_time("destroy_upgrade_timeout", options.destroy_upgrade_timeout, 0ms);
  if (options.max_byte_rate) validate(*options.max_byte_rate, "max_byte_rate");
  if (options.cookie) validate(*options.cookie);
  if (options.per_message_deflate) engine::check(*options.per_message_deflate);
  const http::trusted_proxies readable(options.trusted_proxies, options.proxy_header);
}

}  // namespace cosio::inline v0_2
