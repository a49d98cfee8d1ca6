// What clients are told when they are refused.

#pragma once
#include <boost/json/object.hpp>

#include <exception>
#include <string>

#include "wire/engine_packet.hpp"

namespace cosio::socketio {

/// The payload of CONNECT_ERROR: `{"message":…,"data":…}`; for revision 3 that of ERROR: the data, when it is more than
/// nothing to JavaScript, else the message.
std::string refusal_json(const std::exception_ptr& thrown, wire::revision rev);

/// `{"message":…,"data":…}`, as an answer.
boost::json::object refusal_answer(const std::exception_ptr& thrown);

}  // namespace cosio::socketio
