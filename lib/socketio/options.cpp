// Construction, destruction and checks of <cosio/options.hpp>: some fifty members, which users' files need not compile.

#include <cosio/options.hpp>

#include <string>
#include <string_view>

#include "base/option_rules.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2 {
namespace {

using namespace std::chrono_literals;
using base::require_number;
using base::require_time;

// Values are read and written by functions that call themselves for each level.
constexpr std::size_t deepest_json = 10'000;

void check_recovery(const recovery_options& options) {
  require_time("connection_state_recovery.max_disconnection_duration", options.max_disconnection_duration, 1ms);
  require_number("connection_state_recovery.max_packets", options.max_packets, 1);
  require_number("connection_state_recovery.max_bytes", options.max_bytes, 1);
  require_number("connection_state_recovery.max_sessions", options.max_sessions, 1);
}

void check_event(std::string_view option, const std::string& event) {
  if (event == "error" || wire::is_reserved_event(event))
    base::refuse_option(option, "\"" + event + "\", which is reserved", "another name, or \"\" for no event");
}

}  // namespace

detail::server_engine_options::server_engine_options() { path = "/socket.io"; }
detail::server_engine_options::server_engine_options(const server_engine_options& other) = default;
detail::server_engine_options::server_engine_options(server_engine_options&& other) noexcept = default;
detail::server_engine_options& detail::server_engine_options::operator=(const server_engine_options& other) = default;
detail::server_engine_options& detail::server_engine_options::operator=(server_engine_options&& other) noexcept =
    default;
detail::server_engine_options::~server_engine_options() = default;

void validate(const options& settings) {
  validate(static_cast<const engine_options&>(settings));
  http::app_options port;
  port.host = settings.host;
  port.sockets = settings.sockets;
  port.threads = settings.threads;
  http::validate(port);
  if (!settings.metrics_path.empty()) base::require_path("metrics_path", settings.metrics_path);
  require_time("connect_timeout", settings.connect_timeout, 1ms);
  require_time("credentials_notice", settings.credentials_notice, 0ms);
  check_event("credentials_event", settings.credentials_event);
  require_number("max_json_depth", settings.max_json_depth, 1, deepest_json);
  if (settings.max_event_rate) validate(*settings.max_event_rate, "max_event_rate");
  for (const auto& [event, limit] : settings.max_event_rates) validate(limit, "max_event_rates[\"" + event + "\"]");
  if (settings.connection_state_recovery) check_recovery(*settings.connection_state_recovery);
}

}  // namespace cosio::inline v0_2
