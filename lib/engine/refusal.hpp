// The refusals of Engine.IO: every code, with its status and message.
// Source: the Engine.IO protocol, revisions 3 and 4.

#pragma once
#include <cosio/http.hpp>
#include <cosio/options.hpp>

#include <string>
#include <string_view>

namespace cosio::inline v0_2::engine {

/// One more than the code on the wire, since zero would read as "no error" (the mistake of CVE-2023-31125).
enum class refusal_code { transport_unknown = 1, sid_unknown, bad_method, bad_request, forbidden, bad_protocol };

/// The number that clients see: 0 … 5.
constexpr int wire_code(refusal_code code) noexcept { return static_cast<int>(code) - 1; }
std::string_view refusal_message(refusal_code code) noexcept;

/// A request that was refused.
struct refused {
  refused(refusal_code why, std::string where) : code(why), context(std::move(where)) {}
  refused(refusal_code why, std::string where, std::string said)
      : code(why), context(std::move(where)), message(std::move(said)) {}

  refusal_code code;
  std::string context;  // "TRANSPORT_MISMATCH", …: for the connection_error event and the log
  std::string message;  // instead of refusal_message(), unless empty
  bool is_explained = false;

  std::string_view text() const noexcept { return message.empty() ? refusal_message(code) : std::string_view(message); }
};

/// The same refusal with a message for developers: the reason, and how to change it (options.explain_refusals).
refused explained(refused why, const engine_options& settings);

/// The answer to a plain request: JSON with code and message.
http::response http_answer(const refused& why);
/// The answer to an Upgrade request: status 400 with the text, after which the connection is closed.
http::response upgrade_answer(const refused& why, unsigned status = 400);

}  // namespace cosio::inline v0_2::engine
