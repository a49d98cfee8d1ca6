// The key to outgoing_packet's constructor: socketio/encoded_packet has it, and the tests of this floor. Applications
// see only its declaration, so they cannot make one.

#pragma once

namespace cosio::inline v0_2::adapters {

class packet_key {
 public:
  packet_key() noexcept = default;
};

}  // namespace cosio::inline v0_2::adapters
