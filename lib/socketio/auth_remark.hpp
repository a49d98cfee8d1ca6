// The line of the log about a CONNECT whose payload is no object: `io(url, { auth: "token" })`. The session ends, as
// with the reference, and a developer wants to read why.

#pragma once
#include <cosio/error.hpp>

#include <string_view>

#include "engine/session.hpp"
#include "wire/packet_header.hpp"

namespace cosio::inline v0_2::socketio {

/// Tells the log, if this is the mistake of a packet that could not be read. On the strand of the session.
/// @param text  The packet, in the form of the default parser.
void note_bad_auth(const engine::session& of, std::string_view text, const fault& wrong,
                   const wire::header_limits& limits) noexcept;

}  // namespace cosio::inline v0_2::socketio
