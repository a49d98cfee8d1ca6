// The packets of the dashboard, as the text of their JSON arrays:
//
//   ["room_left","/","a","<id>","2026-12-01T12:00:00.000Z"]
//
//   a change of a socket -> connected(), moved(), … -> feed -> the adapter of the namespace
//
// Text and data of clients and of the application are limited: max_shown_bytes.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::socketio {
class socket_core;
}

namespace cosio::inline v0_2::admin {

/// Now, in milliseconds since 1970. All times here are that.
std::int64_t time_now() noexcept;

/// A packet: its event, and the array with the event in front.
struct packet_text {
  std::string event;
  std::string json;
};

/// A socket as `SerializedSocket` of the page: id, client, transport, namespace, data, handshake, rooms. Of the
/// handshake without `auth`, and with the values of headers with credentials hidden.
std::string socket_json(const socketio::socket_core& who, const std::vector<std::string>& rooms, std::size_t most);

packet_text connected_text(std::string_view socket, std::int64_t at);
packet_text all_sockets_text(const std::vector<std::string>& sockets);
/// `room_joined`, or `room_left`.
packet_text moved_text(bool is_in, std::string_view nsp, std::string_view room, std::string_view id, std::int64_t at);
packet_text transport_text(std::string_view nsp, std::string_view id, std::string_view transport);
packet_text data_text(std::string_view nsp, std::string_view id, const boost::json::value& data, std::size_t most);
packet_text disconnected_text(std::string_view nsp, std::string_view id, std::string_view why, std::int64_t at);
/// `event_received`, or `event_sent`. @param event  The array with the name of the event in front.
packet_text event_text(bool is_sent, std::string_view nsp, std::string_view id, std::string_view event,
                       std::int64_t at);

/// The array of an event: with the size of the arguments in their place, when they have more bytes or binary.
std::string shown_event(std::string_view name, const arguments& args, std::size_t most);
std::string shown_event(std::string_view name, const event_data& data, std::size_t most);

}  // namespace cosio::inline v0_2::admin
