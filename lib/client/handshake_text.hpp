// The server's first packet: JSON with the session's id and its times.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <optional>
#include <string_view>

#include "client/engine_client.hpp"

namespace cosio::inline v0_2::clients {

/// @return nothing for a text that is no handshake: a missing id, times that are none.
std::optional<engine_handshake> read_handshake(std::string_view text);

}  // namespace cosio::inline v0_2::clients
