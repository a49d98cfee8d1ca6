// Checks of emit(): the reason of a refusal, in words.

#pragma once
#include <cosio/broadcast_operator.hpp>
#include <cosio/convert.hpp>

#include <cstddef>
#include <string_view>

namespace cosio::inline v0_2::socketio {

/// @throws error errc::bad_argument for a reserved event name, or for binary after binary(false).
void check_emit(std::string_view event, const emit_flags& flags, const event_data& data);

/// @throws error errc::bad_argument for data in which more objects look like the placeholder of binary than there is
///               binary. A client would take binary for such an object, or close its connection. The data of one
///               client, sent on to others together with binary, may hold such objects.
void check_placeholders(std::string_view event, const event_data& data);

/// @param messages  The messages of one packet: its first one, and its attachments.
/// @throws error errc::bad_argument for more attachments than `most`.
void check_messages(std::string_view event, std::size_t messages, std::size_t most);

/// @throws error errc::bad_argument for a name that servers do not send each other.
void check_server_side(std::string_view event);

}  // namespace cosio::inline v0_2::socketio
