// Socket.IO packets as a client writes and reads them, as JSON text with attachments and as MessagePack. The code is
// independent of the server's.

#pragma once
#include <boost/json/array.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/engine_client.hpp"

namespace cosio::simulation {

/// Types 0 to 4; an event or acknowledgement with attachments (5, 6) is one of them like any other.
struct sio_packet {
  int type = 0;
  std::string nsp = "/";
  std::optional<std::uint64_t> id;
  std::string json;                // its data with placeholders for attachments; empty: none
  std::vector<std::string> bytes;  // attachments

  boost::json::array list() const;
};

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

}  // namespace cosio::simulation
