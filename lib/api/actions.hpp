// The actions of the HTTP API on a namespace: a call that was read becomes an answer in JSON.
//
//   way in    call -> perform() -> broadcast_operator, adapter -> the object of the answer

#pragma once
#include <boost/json/object.hpp>

#include <cosio/task.hpp>

#include <cstddef>
#include <memory>

#include "api/call.hpp"
#include "api/refusal.hpp"
#include "socketio/server_core.hpp"

namespace cosio::inline v0_2::api {

/// The status of an answer of perform(): 200; 202 when a message waits for a broker that is away, or does not reply;
/// 503 when the other servers were not told.
unsigned status_of(const boost::json::object& answer);
/// The refusal of an answer with 503.
refusal refusal_of(const boost::json::object& answer);

/// @param what  Not of action::description.
/// @param most  Bytes of acknowledgements in the answer.
/// @par Completes     for action::emit with a timeout when all have answered or the time is over; for other messages to
///                    other servers when their broker has replied, or a quarter of a second is over.
/// @par Cancellation  The wait ends; an event that was emitted stays emitted.
/// @throws error as the functions of broadcast_operator and nsp do.
task<boost::json::object> perform(std::shared_ptr<socketio::server_core> server,
                                  std::shared_ptr<socketio::nsp_core> nsp, call what, std::size_t most);

}  // namespace cosio::inline v0_2::api
