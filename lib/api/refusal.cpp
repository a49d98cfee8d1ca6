// The answers of refusals.

#include "api/refusal.hpp"

#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::api {

http::response json_answer(unsigned status, std::string body) {
  http::response answer(status, std::move(body), "application/json");
  answer.set("Cache-Control", "no-store");
  answer.set("X-Content-Type-Options", "nosniff");
  return answer;
}

http::response to_answer(const refusal& why) {
  std::string body = "{\"error\":";
  wire::append_json_string(body, why.code);
  body += ",\"message\":";
  wire::append_json_string(body, why.message);
  body += "}";
  http::response answer = json_answer(why.status, std::move(body));
  if (why.status == 401) answer.set("WWW-Authenticate", "Bearer, HMAC-SHA256");
  if (why.retry_after != 0) answer.set("Retry-After", std::to_string(why.retry_after));
  if (!why.allow.empty()) answer.set("Allow", why.allow);
  return answer;
}

refusal bad_request(std::string why) { return {400, "bad_request", std::move(why)}; }
refusal not_signed_in(std::string why) { return {401, "unauthorized", std::move(why)}; }

}  // namespace cosio::inline v0_2::api
