// Messages between the servers of a cluster over the classic Redis adapter: MessagePack for broadcasts, JSON for most
// other requests.
//
// Pure: no I/O, no clock, no lock. Data from the bus is not trusted: it is checked like a client's.
// Source: @socket.io/redis-adapter 8, "Protocol".

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/adapter.hpp>
#include <cosio/convert.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Reads a request or response in JSON; nothing for any other message.
std::optional<boost::json::object> read_json_message(std::string_view message);

boost::json::object write_opts(const target& to);
/// The receivers in `opts`: everybody when it names no room.
target read_opts(const boost::json::value& opts);

/// Writes names of sockets and rooms as JSON, and reads them back. Values that are no strings are left out.
boost::json::array strings(const std::vector<std::string>& from);
std::string serialized(const boost::json::value& value);

std::string text_of(const boost::json::object& in, std::string_view name);
std::vector<std::string> list_of(const boost::json::object& in, std::string_view name);
std::optional<std::int64_t> number_of(const boost::json::object& in, std::string_view name);

/// The arguments of an event (or answer) for JSON: binary as Node's JSON.stringify() writes a Buffer.
boost::json::value plain_json(const event_data& event);

}  // namespace cosio::inline v0_2::cluster
