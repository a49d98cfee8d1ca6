// Messages of python-socketio's managers (RedisManager): JSON text on one channel, for all namespaces.
//
// Pure: no I/O, no clock, no lock. A message that is not well formed is refused whole: it never means everybody.
// Source: python-socketio 5.18, pubsub_manager.py and manager.py. Before 5.14 the managers sent pickled objects.

#pragma once
#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::cluster {

class python_message {
 public:
  enum class method : std::uint8_t { emit, disconnect, enter_room, leave_room, close_room };

  method what = method::emit;
  std::string nsp = "/";
  /// emit: its receivers.
  target to;
  std::string event;
  event_data data;
  /// disconnect, enter_room, leave_room: the id of a socket.
  std::string sid;
  /// enter_room, leave_room, close_room.
  std::string room;
};

/// Whether a message is a pickled object, which nobody but Python can read, and nobody should.
bool is_pickled(std::string_view message) noexcept;

/// @return nothing for a message that is not well formed, and for the answers of servers to each other (`callback`).
std::optional<python_message> read_python_message(std::string_view message);

}  // namespace cosio::inline v0_2::cluster
