// Who is it: from a request's head to "opens a session", "belongs to this session" or "is refused". No I/O.
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

namespace cosio::engine {

/// What the query says.
struct question {
  explicit question(const http::request& request);

  std::optional<std::string_view> transport;
  std::string_view sid;                    // empty: a handshake
  std::optional<wire::revision> revision;  // exactly "3" or "4"
  bool base64 = false;                     // no raw binary
};

/// A request that passed: of a session, or, when that is null, one that may open one.
struct admitted {
  admitted(const question& q, std::shared_ptr<session> known) : asked(q), of(std::move(known)) {}

  question asked;
  std::shared_ptr<session> of;
};

/// The checks that need nobody's opinion, in the reference's order. allow_request, origin policy and protocol_of() come after it.
std::variant<admitted, refused> examine(const http::request& request, bool is_upgrade, const engine_options& settings,
                                        const session_table& sessions);

/// The last check of a handshake: the revision.
std::variant<wire::revision, refused> protocol_of(const question& asked, const engine_options& settings);

/// For a handshake of JSONP polling (query `j`), whose GET has no Origin header even from a foreign page: the request with the origin of the
/// page as its Origin, from Referer. Nothing when no check is needed: no JSONP, an Origin header (that is checked anyway), a page of
/// this site as Sec-Fetch-Site says, or no sign of a browser. A browser that hides its page is "null".
std::optional<http::request> jsonp_page(const http::request& request);

/// Whether an Origin header has bytes that no browser sends.
bool is_bad_origin(std::string_view origin) noexcept;

/// The JSON of the open packet.
std::string open_packet(const std::string& sid, bool over_websocket, wire::revision rev,
                        const engine_options& settings);

/// The opening handshake of RFC 6455: what is wrong with it, as an answer; or nothing.
std::optional<http::response> websocket_problem(const http::request& request);

/// What the client offers of permessage-deflate, cut down to what we want; nothing when one of both does not want it.
/// @return errc::bad_request for a header that is no list of extensions, or has wrong parameters; only looked at when the option is on.
result<std::optional<wire::deflate_agreement>> agree_on_deflate(const http::request& request,
                                                                const engine_options& settings);
/// The answer to such a header.
http::response extensions_problem();

/// The head of `101 Switching Protocols`, with the first subprotocol that was offered, what was agreed on compression, and the headers
/// of `extra`.
std::string switching_protocols(const http::request& request, const http::response& extra,
                                const std::optional<wire::deflate_agreement>& deflate = std::nullopt);

}  // namespace cosio::engine
