// The payloads of refusals, for clients of each generation.

#pragma once
#include <boost/json/object.hpp>

#include <exception>
#include <string>

#include "wire/engine_packet.hpp"

namespace cosio::socketio {

/// The payload of CONNECT_ERROR: `{"message":…,"data":…}`. For revision 3 the payload of ERROR: the data, if JavaScript
/// takes it as true, else the message.
std::string refusal_json(const std::exception_ptr& thrown, wire::revision rev);

/// The answer to an event that is refused: `{"message":…,"data":…}`.
boost::json::object refusal_answer(const std::exception_ptr& thrown);

}  // namespace cosio::socketio
