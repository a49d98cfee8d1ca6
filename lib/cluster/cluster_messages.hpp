// Messages of a cluster adapter <-> JSON text or MessagePack, as the servers of Node write them.
//
//   {"type":3,"data":{"packet":{"type":2,"data":["hello"]},"opts":{…}},"uid":"50bd744fa2757cd2","nsp":"/"}
//
// write_message() and read_message() of <cosio/cluster.hpp> are the whole way. The functions here are for wires that
// carry the parts of a message apart, such as Redis Streams.
//
// Pure: no I/O, no clock, no lock. Data from the bus is not trusted: a message is read whole or not at all.
// Source: socket.io-adapter 2.5, ClusterMessage.

#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/cluster.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::cluster {

/// A message as a map. Binary stands in it as placeholders.
class message_map {
 public:
  boost::json::object map;  ///< `type`, `data` unless the type has none, `uid`, `nsp`
  std::vector<binary> attachments;
  bool has_binary = false;  ///< JSON cannot carry it
};

/// @throws error errc::bad_argument for a message that other servers cannot read, by its event or the names of its
///         rooms. It costs little: no message is written.
void check_message(const cluster_message& message);

message_map value_of(const cluster_message& message);
/// @param nsp  The namespace of a message that names none.
/// @return nothing for a message that is not well formed, or of a type that is not known.
std::optional<cluster_message> message_of(const boost::json::value& map, std::vector<binary> attachments,
                                          std::string_view nsp);

/// Writes MessagePack, whether there is binary or not.
/// @throws error errc::not_supported when the library was built without nlohmann-json.
std::string write_message_msgpack(const cluster_message& message);

}  // namespace cosio::inline v0_2::cluster
