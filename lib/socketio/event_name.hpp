// The name of an event: one function, so that limits and listeners see the same name.

#pragma once
#include <cosio/json_ref.hpp>

#include <string>

namespace cosio::inline v0_2::socketio {

/// The name of an event that was read. Of a number it is the decimal form: listeners of "42" match 42.
/// @param data  The packet's array, with the name in front. Empty when there is none, as MessagePack allows.
std::string event_name(detail::json_ref data);

}  // namespace cosio::inline v0_2::socketio
