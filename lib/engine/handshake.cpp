// Requests are checked by their heads.

#include "engine/handshake.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/heartbeat.hpp"
#include "engine/session.hpp"
#include "http/request_data.hpp"
#include "wire/json_limits.hpp"
#include "wire/websocket_accept.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using wire::revision;

std::optional<revision> parse_revision(std::optional<std::string_view> text) {
  if (text == "4") return revision::v4;
  if (text == "3") return revision::v3;
  return std::nullopt;
}

bool is_enabled(const engine_options& settings, std::string_view transport) {
  return (transport == "polling" || transport == "websocket") &&
         std::find(settings.transports.begin(), settings.transports.end(), transport) != settings.transports.end();
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
  });
}

// The first of a comma-separated list of tokens, or nothing when the list is malformed.
std::optional<std::string> first_subprotocol(std::string_view list) {
  std::optional<std::string> first;
  while (true) {
    const auto comma = list.find(',');
    const std::string_view token = trim(list.substr(0, comma));
    if (!is_token(token)) return std::nullopt;
    if (!first) first = std::string(token);
    if (comma == std::string_view::npos) return first;
    list.remove_prefix(comma + 1);
  }
}

http::response problem(unsigned status, std::string text) {
  http::response answer(status, std::move(text), "text/html");
  answer.set("Connection", "close");
  return answer;
}

}  // namespace

question::question(const http::request& request) {
  static constexpr std::array<std::string_view, 4> names{"transport", "sid", "EIO", "b64"};
  if (!request) return;
  const auto values = request.data()->query(names);
  transport = values[0];
  sid = values[1].value_or(std::string_view());
  revision = parse_revision(values[2]);
  base64 = !values[3].value_or(std::string_view()).empty();
}

std::optional<http::request> jsonp_page(const http::request& request) {
  if (!request.query("j") || request.has_header("origin")) return std::nullopt;
  const std::string site = request.header("sec-fetch-site");
  if (site == "same-origin" || site == "none") return std::nullopt;
  const std::string referer = request.header("referer");
  // Every browser calls itself Mozilla, and pages cannot change that.
  if (referer.empty() && site.empty() && !request.header("user-agent").starts_with("Mozilla/")) return std::nullopt;
  const auto scheme = referer.find("://");
  std::string origin = "null";
  if (scheme != std::string::npos) origin = referer.substr(0, referer.find_first_of("/?#", scheme + 3));
  return http::with_header(request, "origin", origin);
}

bool is_bad_origin(std::string_view origin) noexcept {
  return std::any_of(origin.begin(), origin.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != 0x09) || byte == 0x7F;
  });
}

std::variant<admitted, refused> examine(const http::request& request, bool is_upgrade, const engine_options& settings,
                                        const session_table& sessions) {
  const question asked(request);
  if (!asked.transport || !is_enabled(settings, *asked.transport)) return refused(refusal_kind::transport_unknown);
  std::string joined;
  if (is_bad_origin(http::header_of(request, "origin", joined))) return refused(refusal_kind::invalid_origin);
  if (!asked.sid.empty()) {
    auto known = sessions.find(asked.sid);
    if (!known) return refused(refusal_kind::unknown_sid);
    const bool polls = *asked.transport == "polling";
    // A plain request to a session on WebSocket waits for ever in the reference. Here it is a mismatch like any other.
    if (!is_upgrade && (!polls || known->on_websocket())) return refused(refusal_kind::transport_mismatch);
    if (asked.revision != known->revision()) return refused(refusal_kind::protocol_mismatch);
    if (is_upgrade && !settings.allow_upgrades) return refused(refusal_kind::upgrades_not_allowed);
    return admitted(asked, std::move(known));
  }
  if (request.method() != "GET") return refused(refusal_kind::bad_handshake_method);
  if (*asked.transport == "websocket" && !is_upgrade) return refused(refusal_kind::transport_handshake_error);
  return admitted(asked, nullptr);
}

std::variant<wire::revision, refused> protocol_of(const question& asked, const engine_options& settings) {
  if (!asked.revision || (*asked.revision == revision::v3 && !settings.allow_eio3)) {
    return refused(refusal_kind::unsupported_protocol_version);
  }
  return *asked.revision;
}

std::string open_packet(const std::string& sid, bool over_websocket, revision rev, const engine_options& settings) {
  const bool upgrades = !over_websocket && settings.allow_upgrades && is_enabled(settings, "websocket");
  std::string out = "{\"sid\":";
  wire::append_json_string(out, sid);
  out += upgrades ? ",\"upgrades\":[\"websocket\"]" : ",\"upgrades\":[]";
  out += ",\"pingInterval\":" + std::to_string(settings.ping_interval.count());
  out += ",\"pingTimeout\":" + std::to_string(ping_timeout(settings, rev).count());
  out += ",\"maxPayload\":" + std::to_string(settings.max_payload) + "}";
  return out;
}

std::optional<http::response> websocket_problem(const http::request& request) {
  if (request.method() != "GET") return problem(405, "Invalid HTTP method");
  if (!equal_ignoring_case(request.header("upgrade"), "websocket")) return problem(400, "Invalid Upgrade header");
  if (!wire::is_websocket_key(request.header("sec-websocket-key")))
    return problem(400, "Missing or invalid Sec-WebSocket-Key header");
  const std::string version = request.header("sec-websocket-version");
  if (version != "13" && version != "8") {
    auto answer = problem(400, "Missing or invalid Sec-WebSocket-Version header");
    answer.set("Sec-WebSocket-Version", "13, 8");
    return answer;
  }
  if (request.has_header("sec-websocket-protocol") && !first_subprotocol(request.header("sec-websocket-protocol"))) {
    return problem(400, "Invalid Sec-WebSocket-Protocol header");
  }
  return std::nullopt;
}

result<std::optional<wire::deflate_agreement>> agree_on_deflate(const http::request& request,
                                                                const engine_options& settings) {
  if (!settings.per_message_deflate) return std::optional<wire::deflate_agreement>();
  const deflate_options& o = *settings.per_message_deflate;
  return wire::choose_deflate(
      request.header("sec-websocket-extensions"),
      {o.server_context_takeover, o.client_context_takeover, o.server_max_window_bits, o.client_max_window_bits});
}

http::response extensions_problem() { return problem(400, "Invalid or unacceptable Sec-WebSocket-Extensions header"); }

std::string switching_protocols(const http::request& request, const http::response& extra,
                                const std::optional<wire::deflate_agreement>& deflate) {
  std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  head += wire::websocket_accept(request.header("sec-websocket-key"));
  head += "\r\n";
  if (request.has_header("sec-websocket-protocol")) {
    if (const auto chosen = first_subprotocol(request.header("sec-websocket-protocol")))
      head += "Sec-WebSocket-Protocol: " + *chosen + "\r\n";
  }
  if (deflate) head += "Sec-WebSocket-Extensions: " + wire::to_header(*deflate) + "\r\n";
  for (const auto& [name, value] : extra.headers()) head.append(name).append(": ").append(value).append("\r\n");
  head += "\r\n";
  return head;
}

}  // namespace cosio::inline v0_2::engine
