// Every option of <cosio/options.hpp> and <cosio/http.hpp>: a wrong value of it is refused where a server is made, or
// every value makes sense. The options are read from the headers: a new one needs a row here.

#include <cosio/cosio.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

namespace {

// The names of the members of a struct, as a header declares them: one to a line, with an indent of two.
std::set<std::string> members_of(const std::string& header, const std::string& type) {
  std::ifstream file(std::string(COSIO_FRONT_DOOR) + "/" + header);
  if (!file) throw std::runtime_error("no " + header);
  std::set<std::string> out;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("struct " + type + " ")) inside = true;
    if (line == "};") inside = false;
    if (!inside || line.size() < 3 || line.substr(0, 2) != "  " || line[2] == ' ' || line[2] == '/') continue;
    if (line.find(';') == std::string::npos) throw std::runtime_error("a member of several lines: " + line);
    line.resize(std::min({line.find(';'), line.find('{'), line.find(" = ")}));
    const std::string name = line.substr(line.rfind(' ') + 1);
    if (name.find_first_of("()&") == std::string::npos && name != "noexcept") out.insert(name);
  }
  return out;
}

using change = std::function<void(options&)>;
using port_change = std::function<void(http::app_options&)>;

std::string refusal_of(const std::function<void()>& check) {
  try {
    check();
  } catch (const error& e) {
    return e.code() == errc::bad_argument ? e.detail() : "another error: " + e.detail();
  }
  return {};
}
std::string refused(const change& by) {
  return refusal_of([&] {
    options settings;
    by(settings);
    validate(settings);
  });
}
std::string refused(const port_change& by) {
  return refusal_of([&] {
    http::app_options settings;
    by(settings);
    http::validate(settings);
  });
}

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

// Changes that make no sense, by the name of their option.
const std::map<std::string, change> wrong = {
    {"path", [](options& o) { o.path = "chat"; }},
    {"ping_interval", [](options& o) { o.ping_interval = 0ms; }},
    {"ping_timeout", [](options& o) { o.ping_timeout = 0ms; }},
    {"ping_timeout_eio3", [](options& o) { o.ping_timeout_eio3 = 0ms; }},
    {"upgrade_timeout", [](options& o) { o.upgrade_timeout = 0ms; }},
    {"max_payload", [](options& o) { o.max_payload = 0; }},
    {"first_request_timeout", [](options& o) { o.first_request_timeout = -1ms; }},
    {"max_byte_rate", [](options& o) { o.max_byte_rate = rate_limit(0, 1); }},
    {"transports", [](options& o) { o.transports = {"websockets"}; }},
    {"destroy_upgrade_timeout", [](options& o) { o.destroy_upgrade_timeout = -1ms; }},
    {"cookie", [](options& o) { o.cookie.emplace().name = "a b"; }},
    {"per_message_deflate", [](options& o) { o.per_message_deflate.emplace().level = 0; }},
    {"trusted_proxies", [](options& o) { o.trusted_proxies = {"proxy"}; }},
    {"proxy_header", [](options& o) { o.proxy_header = "X-Forwarded-Fro"; }},
    {"high_water_mark", [](options& o) { o.high_water_mark = 0; }},
    {"close_timeout", [](options& o) { o.close_timeout = -1ms; }},
    {"host", [](options& o) { o.host = ""; }},
    {"sockets", [](options& o) { o.sockets = {-1}; }},
    {"threads", [](options& o) { o.threads = static_cast<unsigned>(-1); }},
    {"metrics_path", [](options& o) { o.metrics_path = "metrics"; }},
    {"connect_timeout", [](options& o) { o.connect_timeout = 0ms; }},
    {"max_json_depth", [](options& o) { o.max_json_depth = 0; }},
    {"max_event_rate", [](options& o) { o.max_event_rate = rate_limit(1, 0); }},
    {"max_event_rates", [](options& o) { o.max_event_rates.emplace("say", rate_limit(1, 0)); }},
    {"credentials_notice", [](options& o) { o.credentials_notice = -1ms; }},
    {"credentials_event", [](options& o) { o.credentials_event = "connect"; }},
    {"initial_packet", [](options& o) { o.initial_packet.emplace(std::string("\xff")); }},
    {"connection_state_recovery", [](options& o) { o.connection_state_recovery.emplace().max_bytes = 0; }},
    // of recovery_options
    {"max_disconnection_duration",
     [](options& o) { o.connection_state_recovery.emplace().max_disconnection_duration = 0ms; }},
    {"recovery: max_packets", [](options& o) { o.connection_state_recovery.emplace().max_packets = 0; }},
    {"max_bytes", [](options& o) { o.connection_state_recovery.emplace().max_bytes = 0; }},
    {"recovery: max_sessions", [](options& o) { o.connection_state_recovery.emplace().max_sessions = 0; }},
    // of cookie_options
    {"name", [](options& o) { o.cookie.emplace().name = ""; }},
    {"cookie: path", [](options& o) { o.cookie.emplace().path = "/;"; }},
    {"same_site", [](options& o) { o.cookie.emplace().same_site = same_site::none; }},
    {"partitioned", [](options& o) { o.cookie.emplace().partitioned = true; }},
    {"domain", [](options& o) { o.cookie.emplace().domain = "a;b"; }},
    // of deflate_options
    {"server_max_window_bits", [](options& o) { o.per_message_deflate.emplace().server_max_window_bits = 8; }},
    {"client_max_window_bits", [](options& o) { o.per_message_deflate.emplace().client_max_window_bits = 16; }},
    {"level", [](options& o) { o.per_message_deflate.emplace().level = 10; }},
    {"memory_level", [](options& o) { o.per_message_deflate.emplace().memory_level = 0; }},
};

// Changes to the most unusual value, of options of which every value makes sense. 0 is no limit, or nothing.
const std::map<std::string, std::vector<change>> sensible = {
    {"add_trailing_slash", {[](options& o) { o.add_trailing_slash = false; }}},
    {"max_packets", {[](options& o) { o.max_packets = 0; }, [](options& o) { o.max_packets = most; }}},
    {"max_sessions", {[](options& o) { o.max_sessions = 0; }, [](options& o) { o.max_sessions = most; }}},
    {"max_sessions_per_address",
     {[](options& o) { o.max_sessions_per_address = 0; }, [](options& o) { o.max_sessions_per_address = most; }}},
    {"max_handshakes_per_address",
     {[](options& o) { o.max_handshakes_per_address = 0; }, [](options& o) { o.max_handshakes_per_address = most; }}},
    {"max_silent_sessions",
     {[](options& o) { o.max_silent_sessions = 0; }, [](options& o) { o.max_silent_sessions = most; }}},
    {"max_silent_sessions_per_address",
     {[](options& o) { o.max_silent_sessions_per_address = 0; },
      [](options& o) { o.max_silent_sessions_per_address = most; }}},
    {"allow_upgrades", {[](options& o) { o.allow_upgrades = false; }}},
    {"allow_eio3", {[](options& o) { o.allow_eio3 = false; }}},
    {"origins", {[](options& o) { o.origins = "*"; }}},  // a policy checks itself
    {"destroy_upgrade", {[](options& o) { o.destroy_upgrade = false; }}},
    {"http_compression",
     {[](options& o) { o.http_compression.reset(); }, [](options& o) { o.http_compression.emplace().threshold = 0; }}},
    {"allow_request", {[](options& o) { o.allow_request = nullptr; }}},
    {"explain_refusals", {[](options& o) { o.explain_refusals = true; }}},
    {"max_queued_bytes", {[](options& o) { o.max_queued_bytes = 0; }, [](options& o) { o.max_queued_bytes = most; }}},
    {"max_handlers_in_flight",
     {[](options& o) { o.max_handlers_in_flight = 0; }, [](options& o) { o.max_handlers_in_flight = most; }}},
    {"max_held_bytes", {[](options& o) { o.max_held_bytes = 0; }, [](options& o) { o.max_held_bytes = most; }}},
    {"max_client_bytes", {[](options& o) { o.max_client_bytes = 0; }, [](options& o) { o.max_client_bytes = most; }}},
    {"port", {[](options& o) { o.port = 0; }}},
    {"reuse_port", {[](options& o) { o.reuse_port = true; }}},
    {"tls", {[](options& o) { o.tls.emplace(); }}},  // listen() reads the files
    {"serve_client", {[](options& o) { o.serve_client = false; }}},
    {"client_directory", {[](options& o) { o.client_directory = "nowhere"; }}},  // attaching reads it
    {"max_attachments", {[](options& o) { o.max_attachments = 0; }, [](options& o) { o.max_attachments = most; }}},
    {"max_packet_bytes", {[](options& o) { o.max_packet_bytes = 0; }, [](options& o) { o.max_packet_bytes = most; }}},
    {"max_namespaces_per_client",
     {[](options& o) { o.max_namespaces_per_client = 0; }, [](options& o) { o.max_namespaces_per_client = most; }}},
    {"max_rooms_per_client",
     {[](options& o) { o.max_rooms_per_client = 0; }, [](options& o) { o.max_rooms_per_client = most; }}},
    {"max_listeners_per_socket",
     {[](options& o) { o.max_listeners_per_socket = 0; }, [](options& o) { o.max_listeners_per_socket = most; }}},
    {"max_pending_acks", {[](options& o) { o.max_pending_acks = 0; }, [](options& o) { o.max_pending_acks = most; }}},
    {"handlers", {[](options& o) { o.handlers = handler_order::sequential; }}},
    {"answer_refused_events", {[](options& o) { o.answer_refused_events = false; }}},
    {"answer_failed_events", {[](options& o) { o.answer_failed_events = true; }}},
    {"identify", {[](options& o) { o.identify = nullptr; }}},
    {"generate_socket_id", {[](options& o) { o.generate_socket_id = nullptr; }}},
    {"cleanup_empty_child_namespaces", {[](options& o) { o.cleanup_empty_child_namespaces = true; }}},
    {"max_child_namespaces",
     {[](options& o) { o.max_child_namespaces = 0; }, [](options& o) { o.max_child_namespaces = most; }}},
    {"parser", {[](options& o) { o.parser = nullptr; }}},
    {"adapter", {[](options& o) { o.adapter = nullptr; }}},
    // of recovery_options, cookie_options, deflate_options
    {"skip_middlewares", {[](options& o) { o.connection_state_recovery.emplace().skip_middlewares = false; }}},
    {"http_only", {[](options& o) { o.cookie.emplace().http_only = false; }}},
    {"secure", {[](options& o) { o.cookie.emplace().secure = true; }}},
    {"max_age", {[](options& o) { o.cookie.emplace().max_age = -1s; }}},  // browsers forget it at once
    {"expires", {[](options& o) { o.cookie.emplace().expires = std::chrono::system_clock::time_point(); }}},
    {"threshold", {[](options& o) { o.per_message_deflate.emplace().threshold = 0; }}},
    {"server_context_takeover", {[](options& o) { o.per_message_deflate.emplace().server_context_takeover = true; }}},
    {"client_context_takeover", {[](options& o) { o.per_message_deflate.emplace().client_context_takeover = true; }}},
};

const std::map<std::string, port_change> wrong_ports = {
    {"host", [](http::app_options& o) { o.host = ""; }},
    {"sockets", [](http::app_options& o) { o.sockets = {3, -1}; }},
    {"threads", [](http::app_options& o) { o.threads = static_cast<unsigned>(-1); }},
    {"max_body", [](http::app_options& o) { o.max_body = 0; }},
    {"max_head", [](http::app_options& o) { o.max_head = 0; }},
    {"max_headers", [](http::app_options& o) { o.max_headers = 0; }},
    {"head_timeout", [](http::app_options& o) { o.head_timeout = 0ms; }},
    {"body_timeout", [](http::app_options& o) { o.body_timeout = 0ms; }},
    {"idle_timeout", [](http::app_options& o) { o.idle_timeout = 0ms; }},
};
const std::map<std::string, port_change> sensible_ports = {
    {"port", [](http::app_options& o) { o.port = 0; }},
    {"reuse_port", [](http::app_options& o) { o.reuse_port = true; }},
    {"max_connections", [](http::app_options& o) { o.max_connections = 0; }},
    {"tls", [](http::app_options& o) { o.tls.emplace(); }},  // listen() reads the files
};

}  // namespace

TEST_CASE("a wrong value of an option is refused with a sentence that names it", "[socketio][options]") {
  for (const auto& [option, by] : wrong) {
    const std::string name = option.substr(option.find(' ') == std::string::npos ? 0 : option.find(' ') + 1);
    CAPTURE(name);
    CHECK(refused(by).find(name) != std::string::npos);
  }
  for (const auto& [option, by] : wrong_ports) {
    CAPTURE(option);
    CHECK(refused(by).starts_with("the option " + option + " is "));
  }
}

TEST_CASE("of all other options every value makes sense", "[socketio][options]") {
  for (const auto& [option, changes] : sensible) {
    CAPTURE(option);
    for (const change& by : changes) CHECK(refused(by).empty());
  }
  for (const auto& [option, by] : sensible_ports) {
    CAPTURE(option);
    CHECK(refused(by).empty());
  }
}

TEST_CASE("every option has a row in the tables of wrong and of sensible values", "[socketio][options]") {
  std::set<std::string> all;
  for (const char* type : {"engine_options", "options", "recovery_options", "cookie_options", "deflate_options",
                           "http_compression_options"}) {
    const auto some = members_of("options.hpp", type);
    CAPTURE(type);
    CHECK_FALSE(some.empty());
    for (const std::string& name : some) {
      CAPTURE(name);
      CHECK((wrong.contains(name) || sensible.contains(name)));
    }
    all.insert(some.begin(), some.end());
  }
  CHECK(all.size() == wrong.size() + sensible.size() - 3);  // those whose names have a colon
  const auto of_port = members_of("http.hpp", "app_options");
  CHECK(of_port.size() == wrong_ports.size() + sensible_ports.size());
  for (const std::string& name : of_port) CHECK((wrong_ports.contains(name) || sensible_ports.contains(name)));
}

TEST_CASE("the page of limits names every limit that is counted, and every kind of the account",
          "[socketio][options]") {
  std::ifstream file(std::string(COSIO_FRONT_DOOR) + "/../../../docs/limits.md");
  std::ostringstream page;
  page << file.rdbuf();
  REQUIRE_FALSE(page.str().empty());
  const auto names = [&page](std::string_view what) {
    std::string quoted = "`";
    return page.str().find(quoted.append(what).append("`")) != std::string::npos;
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(base::limit::count); ++i) {
    CAPTURE(to_string(static_cast<base::limit>(i)));
    CHECK(names(to_string(static_cast<base::limit>(i))));
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(base::kept::count); ++i) {
    CAPTURE(to_string(static_cast<base::kept>(i)));
    CHECK(names(to_string(static_cast<base::kept>(i))));
  }
}
