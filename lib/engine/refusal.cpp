// The texts of refusals.

#include "engine/refusal.hpp"

#include <algorithm>
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

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& one : names) all += (all.empty() ? "" : ", ") + one;
  return all;
}

// The sentence for a context. It contains no bytes of the client, except an origin that is readable.
std::string explanation(std::string_view context, const engine_options& settings) {
  const std::string_view word = context.substr(0, context.find(':'));
  const auto is = [word](std::string_view what) { return word == what; };
  if (is("ORIGIN_NOT_ALLOWED")) return std::string(context.substr(std::min(context.size(), word.size() + 2)));
  if (is("TRANSPORT_UNKNOWN"))
    return "the query's `transport` must be one of options.transports: " + listed(settings.transports);
  if (is("UNKNOWN_SID"))
    return "no session has this `sid`: it has ended, or it is another server's (behind a load balancer all requests of "
           "a client "
           "must go to one server)";
  if (is("BAD_HANDSHAKE_METHOD")) return "a request without `sid` opens a session, and must be a GET";
  if (is("INVALID_ORIGIN")) return "the Origin header holds control characters";
  if (is("TRANSPORT_MISMATCH"))
    return "the session has moved to WebSocket, or this request is for WebSocket without an Upgrade header";
  if (is("PROTOCOL_MISMATCH")) return "the query's `EIO` is not that of the session's handshake";
  if (is("UPGRADES_NOT_ALLOWED")) return "options.allow_upgrades is false";
  if (is("TRANSPORT_HANDSHAKE_ERROR"))
    return "`transport=websocket` needs an Upgrade request: a proxy in between may drop the Upgrade header";
  if (is("UNSUPPORTED_PROTOCOL_VERSION"))
    return settings.allow_eio3 ? "the query's `EIO` must be 4 or 3"
                               : "the query's `EIO` must be 4: options.allow_eio3 is false";
  if (is("ALLOW_REQUEST")) return "options.allow_request refused it";
  if (is("ALLOW_REQUEST_FAILURE"))
    return "options.allow_request threw: " + std::string(context.substr(std::min(context.size(), word.size() + 2)));
  if (is("LIMIT_REACHED"))
    return "raise " + std::string(context.substr(std::min(context.size(), word.size() + 2))) + " if so many are wanted";
  if (is("SERVER_CLOSING")) return "the server is closing";
  if (is("ID_GENERATION_ERROR")) return "generate_id failed: see the server's log";
  if (is("MIDDLEWARE_FAILURE")) return "a middleware of the engine threw: see the server's log";
  return std::string(context);
}

}  // namespace

refused explained(refused why, const engine_options& settings) {
  why.message = std::string(why.text()) + ": " + explanation(why.context, settings);
  why.is_explained = true;
  return why;
}

http::response http_answer(const refused& why) {
  std::string body = "{\"code\":" + std::to_string(wire_code(why.code)) + ",\"message\":";
  wire::append_json_string(body, why.text());
  body += '}';
  return http::response(why.code == refusal_code::forbidden ? 403 : 400, std::move(body), "application/json");
}

http::response upgrade_answer(const refused& why, unsigned status) {
  http::response answer(status, std::string(why.text()), why.is_explained ? "text/plain; charset=utf-8" : "text/html");
  answer.set("Connection", "close");
  return answer;
}

}  // namespace cosio::inline v0_2::engine
