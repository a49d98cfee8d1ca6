// The texts of refusals.

#include "engine/refusal.hpp"

#include <string>
#include <vector>

#include "base/counters.hpp"
#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::engine {

static_assert(wire_code(refusal_code::bad_protocol) < static_cast<int>(base::refusal_counters));

std::string_view refusal_message(refusal_code code) noexcept {
  switch (code) {
    case refusal_code::transport_unknown:
      return "Transport unknown";
    case refusal_code::sid_unknown:
      return "Session ID unknown";
    case refusal_code::bad_method:
      return "Bad handshake method";
    case refusal_code::bad_request:
      return "Bad request";
    case refusal_code::forbidden:
      return "Forbidden";
    case refusal_code::bad_protocol:
      return "Unsupported protocol version";
  }
  return "Bad request";
}

namespace {

struct rule {
  refusal_code code;
  std::string_view word;
  std::string_view explanation;  // for options.explain_refusals; the detail stands in place of "{}"
};

constexpr rule rule_of(refusal_kind kind) noexcept {
  using enum refusal_code;
  switch (kind) {
    case refusal_kind::transport_unknown:
      return {transport_unknown, "TRANSPORT_UNKNOWN", "the query's `transport` must be one of options.transports: "};
    case refusal_kind::unknown_sid:
      return {sid_unknown, "UNKNOWN_SID",
              "no session has this `sid`: it has ended, or it is another server's (behind a load balancer all requests "
              "of a client must go to one server, or servers pass them on: <cosio/forwarding.hpp>)"};
    case refusal_kind::bad_handshake_method:
      return {bad_method, "BAD_HANDSHAKE_METHOD", "a request without `sid` opens a session, and must be a GET"};
    case refusal_kind::invalid_origin:
      return {bad_request, "INVALID_ORIGIN", "the Origin header holds control characters"};
    case refusal_kind::transport_mismatch:
      return {bad_request, "TRANSPORT_MISMATCH",
              "the session has moved to WebSocket, or this request is for WebSocket without an Upgrade header"};
    case refusal_kind::protocol_mismatch:
      return {bad_request, "PROTOCOL_MISMATCH", "the query's `EIO` is not that of the session's handshake"};
    case refusal_kind::upgrades_not_allowed:
      return {bad_request, "UPGRADES_NOT_ALLOWED", "options.allow_upgrades is false"};
    case refusal_kind::transport_handshake_error:
      return {bad_request, "TRANSPORT_HANDSHAKE_ERROR",
              "`transport=websocket` needs an Upgrade request: a proxy in between may drop the Upgrade header"};
    case refusal_kind::unsupported_protocol_version:
      return {bad_protocol, "UNSUPPORTED_PROTOCOL_VERSION", "the query's `EIO` must be "};
    case refusal_kind::origin_not_listed:
    case refusal_kind::origin_refused:
      return {forbidden, "ORIGIN_NOT_ALLOWED", "{}"};
    case refusal_kind::allow_request:
      return {forbidden, "ALLOW_REQUEST", "options.allow_request refused it"};
    case refusal_kind::allow_request_failure:
      return {forbidden, "ALLOW_REQUEST_FAILURE", "options.allow_request threw: {}"};
    case refusal_kind::limit_reached:
      return {forbidden, "LIMIT_REACHED", "raise {} if so many are wanted"};
    case refusal_kind::server_closing:
      return {bad_request, "SERVER_CLOSING", "the server is closing"};
    case refusal_kind::id_generation_error:
      return {bad_request, "ID_GENERATION_ERROR", "generate_id failed: see the server's log"};
    case refusal_kind::middleware_failure:
      break;
  }
  return {bad_request, "MIDDLEWARE_FAILURE", "a middleware of the engine threw: see the server's log"};
}

}  // namespace

refusal_code code_of(refusal_kind kind) noexcept { return rule_of(kind).code; }
std::string_view word_of(refusal_kind kind) noexcept { return rule_of(kind).word; }

std::string refused::context() const {
  std::string text(word_of(kind));
  return detail.empty() ? text : text + ": " + detail;
}

refused refused_page(const origin_verdict& verdict, std::string_view how) {
  const bool by_list = verdict.what() == origin_verdict::decision::not_listed;
  return refused(by_list ? refusal_kind::origin_not_listed : refusal_kind::origin_refused,
                 std::string(how) + verdict.explanation(), verdict.message());
}

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& one : names) all += (all.empty() ? "" : ", ") + one;
  return all;
}

// The sentence for a refusal. It contains no bytes of the client, except an origin that is readable.
std::string explanation(const refused& why, const engine_options& settings) {
  constexpr std::string_view place = "{}";
  std::string text(rule_of(why.kind).explanation);
  if (const auto at = text.find(place); at != std::string::npos) text.replace(at, place.size(), why.detail);
  if (why.kind == refusal_kind::transport_unknown) text += listed(settings.transports);
  if (why.kind == refusal_kind::unsupported_protocol_version)
    text += settings.allow_eio3 ? "4 or 3" : "4: options.allow_eio3 is false";
  return text;
}

}  // namespace

refused explained(refused why, const engine_options& settings) {
  why.message = std::string(why.text()) + ": " + explanation(why, settings);
  why.is_explained = true;
  return why;
}

namespace {

// A proxy may ask another server when the status is 503; the client has no use for its connection to this one.
unsigned status_of(const refused& why) noexcept {
  if (why.kind == refusal_kind::server_closing) return 503;
  return why.code() == refusal_code::forbidden ? 403 : 400;
}

}  // namespace

http::response http_answer(const refused& why) {
  std::string body = "{\"code\":" + std::to_string(wire_code(why.code())) + ",\"message\":";
  wire::append_json_string(body, why.text());
  body += '}';
  http::response answer(status_of(why), std::move(body), "application/json");
  if (why.kind == refusal_kind::server_closing) answer.set("Connection", "close");
  return answer;
}

http::response upgrade_answer(const refused& why, unsigned status) {
  if (why.kind == refusal_kind::server_closing) status = status_of(why);
  http::response answer(status, std::string(why.text()), why.is_explained ? "text/plain; charset=utf-8" : "text/html");
  answer.set("Connection", "close");
  return answer;
}

}  // namespace cosio::inline v0_2::engine
