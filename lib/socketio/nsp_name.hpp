// The names of namespaces, as clients send them.
//
// Pure: no I/O, no state.

#pragma once
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::socketio {

/// The name of the namespace that a packet is for. Clients of protocol 4 send a URL: dots are resolved, query and
/// fragment are taken off.
///
/// @param query  Set to the query string (protocol 4), when there is one. May be null.
std::string nsp_of(std::string_view sent, wire::revision rev, std::string_view* query = nullptr);

/// A query string as an object. When a name comes twice, the last one counts.
boost::json::value query_object(std::string_view query);

}  // namespace cosio::inline v0_2::socketio
