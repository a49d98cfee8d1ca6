// The payloads of refusals, for clients of each generation.

#pragma once
#include <boost/json/object.hpp>

#include <cosio/middleware.hpp>

#include <exception>
#include <string>

#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::socketio {

/// Whether code of the application threw it to refuse, with words for the client. Anything else was thrown by accident:
/// the log and on_error get it, and the client must not.
bool is_refusal(const std::exception_ptr& thrown) noexcept;

/// The words for the client: the refusal itself, and `internal error` for anything else.
/// @param explain  options.explain_refusals: the text of the exception follows, except that of std::bad_alloc.
refusal told_refusal(const std::exception_ptr& thrown, bool explain);

/// The payload of CONNECT_ERROR: `{"message":…,"data":…}`. For revision 3 the payload of ERROR: the data, if JavaScript
/// takes it as true, else the message.
std::string refusal_json(const refusal& what, wire::revision rev);

/// The answer to an event that is refused: `{"message":…,"data":…}`.
boost::json::object refusal_answer(const refusal& what);

}  // namespace cosio::inline v0_2::socketio
