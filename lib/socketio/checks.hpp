// Checks of emit(): the reason of a refusal, in words.

#pragma once
#include <cosio/broadcast_operator.hpp>
#include <cosio/convert.hpp>

#include <string_view>

namespace cosio::socketio {

/// @throws error errc::bad_argument for a reserved event name, or for binary after binary(false).
void check_emit(std::string_view event, const emit_flags& flags, const event_data& data);

/// @throws error errc::bad_argument for a name that servers do not send each other.
void check_server_side(std::string_view event);

}  // namespace cosio::socketio
