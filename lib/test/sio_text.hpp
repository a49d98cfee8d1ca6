// Socket.IO packets as a client writes and reads them, as JSON text with attachments and as MessagePack. The code is
// independent of the server's.

#pragma once
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "test/engine_client.hpp"
#include "test/sio_packet.hpp"

namespace cosio::test::inline v0_2::kit {

std::vector<engine_message> write_packet(const sio_packet& from, bool msgpack);

/// Puts packets together from messages. @throws broken for what no server sends.
class sio_reader {
 public:
  explicit sio_reader(bool msgpack) : msgpack_(msgpack) {}
  /// @return nothing while attachments are to come.
  std::optional<sio_packet> read(std::string_view message, bool binary);

 private:
  const bool msgpack_;
  std::optional<sio_packet> incomplete_;
  std::size_t to_come_ = 0;
};

}  // namespace cosio::test::inline v0_2::kit
