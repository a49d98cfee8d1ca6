// Messages between the servers of a cluster over the classic Redis adapter: MessagePack for broadcasts, JSON for most
// other requests.
//
// Pure: no I/O, no clock, no lock. Data from the bus is not trusted: it is checked like a client's. A message with a
// part that cannot be read is put aside whole: that part may be the one that names the receivers.
// Source: @socket.io/redis-adapter 8, "Protocol".

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/adapter.hpp>
#include <cosio/convert.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/message_parts.hpp"
#include "cluster/redis_fields.hpp"

namespace cosio::inline v0_2::cluster {

/// Types of requests and of some responses.
enum class request_type : std::uint8_t {
  sockets = 0,
  all_rooms = 1,
  remote_join = 2,
  remote_leave = 3,
  remote_disconnect = 4,
  remote_fetch = 5,
  server_side_emit = 6,
  broadcast = 7,
  broadcast_client_count = 8,
  broadcast_ack = 9
};

/// An event that travels between servers.
class travelling_event {
 public:
  std::string uid;         ///< the id of the adapter that sent it; empty when it has none
  std::string request_id;  ///< only of a broadcast with acknowledgement
  std::string nsp = "/";
  std::string name;
  event_data data;
  target to;
};

/// `[uid, packet, opts]`.
/// @throws error errc::bad_argument for an event that is too deep, and for rooms that are not UTF-8; so do the other
///               functions that write an event or receivers.
std::string write_broadcast(std::string_view uid, std::string_view nsp, const event_data& event, const target& to);
/// @return nothing when the message is no broadcast.
std::optional<travelling_event> read_broadcast(std::string_view message);

/// Request type 7: a broadcast whose receivers acknowledge.
std::string write_broadcast_request(std::string_view uid, std::string_view request_id, std::string_view nsp,
                                    const event_data& event, const target& to);
std::optional<travelling_event> read_broadcast_request(std::string_view message);

/// Response type 9: the acknowledgement of one client. Only its first value is sent.
std::string write_broadcast_ack(std::string_view request_id, const arguments& answer);
/// Reads a response of type 9: request id and answer.
std::optional<std::pair<std::string, arguments>> read_broadcast_ack(std::string_view message);

/// The type of a request in JSON.
std::optional<request_type> type_of(const boost::json::object& request);
/// Request types 2, 3 and 4: sockets that shall join rooms, leave them, or leave the namespace.
class change_request {
 public:
  target to;
  std::vector<std::string> rooms;  ///< of types 2 and 3
  bool close = false;              ///< of type 4
  /// Servers before 4.0 name one socket, which is the room in `to`. Its server answers.
  bool is_old = false;
};
std::optional<change_request> read_change(const boost::json::object& request, request_type type);
/// The number of clients in a response of type 8.
std::optional<std::size_t> client_count_of(const boost::json::object& response);

}  // namespace cosio::inline v0_2::cluster
