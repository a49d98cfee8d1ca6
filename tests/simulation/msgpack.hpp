// Socket.IO packets as socket.io-msgpack-parser writes and reads them: the client's own MessagePack.

#pragma once
#include <string>
#include <string_view>

#include "simulation/sio_packet.hpp"

namespace cosio::simulation {

std::string write_msgpack_packet(const sio_packet& from);
/// @throws broken for what no server sends.
sio_packet read_msgpack_packet(std::string_view bytes);

}  // namespace cosio::simulation
