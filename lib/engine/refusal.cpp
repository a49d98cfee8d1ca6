// The table of refusals.

#include "engine/refusal.hpp"

#include <string>

#include "wire/json_limits.hpp"

namespace cosio::engine {

std::string_view refusal_message(refusal_code code) noexcept {
  switch (code) {
    case refusal_code::transport_unknown: return "Transport unknown";
    case refusal_code::sid_unknown: return "Session ID unknown";
    case refusal_code::bad_method: return "Bad handshake method";
    case refusal_code::bad_request: return "Bad request";
    case refusal_code::forbidden: return "Forbidden";
    case refusal_code::bad_protocol: return "Unsupported protocol version";
  }
  return "Bad request";
}

http::response http_answer(const refused& why) {
  std::string body = "{\"code\":" + std::to_string(wire_code(why.code)) + ",\"message\":";
  wire::append_json_string(body, why.text());
  body += '}';
  return http::response(why.code == refusal_code::forbidden ? 403 : 400, std::move(body), "application/json");
}

http::response upgrade_answer(const refused& why, unsigned status) {
  http::response answer(status, std::string(why.text()), "text/html");
  answer.set("Connection", "close");
  return answer;
}

}  // namespace cosio::engine
