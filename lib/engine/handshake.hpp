// Decides by a request's head: it opens a session, belongs to a known session, or is refused. No I/O.
// Source: the Engine.IO protocol, revisions 3 and 4.

#pragma once
#include <cosio/http.hpp>
#include <cosio/options.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/refusal.hpp"
#include "engine/session_table.hpp"
#include "wire/deflate.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::engine {

/// The query of a request.
struct question {
  explicit question(const http::request& request);

  std::optional<std::string_view> transport;
  std::string_view sid;                    // empty: a handshake
  std::optional<wire::revision> revision;  // from exactly "3" or "4"
  bool base64 = false;                     // the client accepts no raw binary
};

/// A request that passed: it belongs to a session, or, when `of` is null, may open one.
struct admitted {
  admitted(const question& q, std::shared_ptr<session> known) : asked(q), of(std::move(known)) {}

  question asked;
  std::shared_ptr<session> of;
};

/// The checks that do not ask the application, in the reference's order. The origin policy, allow_request and
/// protocol_of() come after them.
std::variant<admitted, refused> examine(const http::request& request, bool is_upgrade, const engine_options& settings,
                                        const session_table& sessions);

/// Checks the revision: the last check of a handshake.
std::variant<wire::revision, refused> protocol_of(const question& asked, const engine_options& settings);

/// Finds the page that asks by JSONP polling (query `j`): such a GET has no Origin header, even from a foreign page.
/// @return the request with the page's origin, taken from Referer, as its Origin header; the origin is "null" when the
///         browser hides it. Nothing when no check is needed: without JSONP; with an Origin header, which is checked
///         anyway; for a page of this site, by Sec-Fetch-Site; or without any sign of a browser.
std::optional<http::request> jsonp_page(const http::request& request);

/// Whether an Origin header contains bytes that no browser sends.
bool is_bad_origin(std::string_view origin) noexcept;

/// The JSON of the open packet.
std::string open_packet(const std::string& sid, bool over_websocket, wire::revision rev,
                        const engine_options& settings);

/// Checks the opening handshake of RFC 6455. @return the answer that refuses it, or nothing.
std::optional<http::response> websocket_problem(const http::request& request);

/// Negotiates permessage-deflate. Without options.per_message_deflate the header is not read.
/// @return the agreement, nothing when one side does not want compression, or errc::bad_request when the header is no
///         list of extensions or has wrong parameters.
result<std::optional<wire::deflate_agreement>> agree_on_deflate(const http::request& request,
                                                                const engine_options& settings);
/// The answer to a header that agree_on_deflate() refuses.
http::response extensions_problem();

/// The head of `101 Switching Protocols`, with the first subprotocol that was offered, the agreement on compression,
/// and the headers of `extra`.
std::string switching_protocols(const http::request& request, const http::response& extra,
                                const std::optional<wire::deflate_agreement>& deflate = std::nullopt);

}  // namespace cosio::inline v0_2::engine
