// Socket.IO packets as socket.io-msgpack-parser writes and reads them: the client's own MessagePack.

#pragma once
#include <string>
#include <string_view>

#include "test/sio_packet.hpp"

namespace cosio::test::inline v0_2::kit {

std::string write_msgpack_packet(const sio_packet& from);
/// @throws broken for what no server sends.
sio_packet read_msgpack_packet(std::string_view bytes);

}  // namespace cosio::test::inline v0_2::kit
