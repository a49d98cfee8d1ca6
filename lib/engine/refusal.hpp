// The refusals of Engine.IO: every kind with its code, every code with its status and message.
// Source: the Engine.IO protocol, revisions 3 and 4.

#pragma once
#include <cosio/http.hpp>
#include <cosio/options.hpp>
#include <cosio/origins.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::engine {

/// One more than the code on the wire, since zero would read as "no error" (the mistake of CVE-2023-31125).
enum class refusal_code { transport_unknown = 1, sid_unknown, bad_method, bad_request, forbidden, bad_protocol };

/// The number that clients see: 0 … 5.
constexpr int wire_code(refusal_code code) noexcept { return static_cast<int>(code) - 1; }
std::string_view refusal_message(refusal_code code) noexcept;

/// The rule that a request broke. Several have one code.
enum class refusal_kind {
  transport_unknown,
  unknown_sid,
  bad_handshake_method,
  invalid_origin,
  transport_mismatch,
  protocol_mismatch,
  upgrades_not_allowed,
  transport_handshake_error,
  unsupported_protocol_version,
  origin_not_listed,  // detail: which one, and the option
  origin_refused,     // by a predicate of the application's; or it is no origin. Detail: which one
  allow_request,
  allow_request_failure,  // detail: the text of the exception
  limit_reached,          // detail: the option
  server_closing,
  id_generation_error,
  middleware_failure
};

refusal_code code_of(refusal_kind kind) noexcept;
/// The word for the connection_error event and the log: "TRANSPORT_MISMATCH", …
std::string_view word_of(refusal_kind kind) noexcept;

/// A request that was refused.
struct refused {
  explicit refused(refusal_kind why, std::string more = {}, std::string said = {})
      : kind(why), detail(std::move(more)), message(std::move(said)) {}

  refusal_kind kind;
  std::string detail;
  std::string message;  // instead of refusal_message(), unless empty
  bool is_explained = false;

  refusal_code code() const noexcept { return code_of(kind); }
  /// The word, and the detail behind it: "LIMIT_REACHED: options.max_sessions".
  std::string context() const;
  std::string_view text() const noexcept {
    return message.empty() ? refusal_message(code()) : std::string_view(message);
  }
};

/// The refusal of a page that may not connect. @param how  "JSONP, " for a page that has no Origin header.
refused refused_page(const origin_verdict& verdict, std::string_view how = {});

/// The same refusal with a message for developers: the reason, and how to change it (options.explain_refusals).
refused explained(refused why, const engine_options& settings);

/// The answer to a plain request: JSON with code and message. Status 403 or 400; 503 while the server closes.
http::response http_answer(const refused& why);
/// The answer to an Upgrade request: this status with the text, after which the connection is closed. While the server
/// closes the status is 503.
http::response upgrade_answer(const refused& why, unsigned status = 400);

}  // namespace cosio::inline v0_2::engine
