// The MessagePack parser: each packet is one binary message, a map of type, nsp, data and id.
//
//   way in    engine/session -> msgpack_parser's decoder -> socketio/client
//   way out   socketio/encoded_packet -> msgpack_parser -> engine/frame
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/msgpack.cpp.

#pragma once
#include <cosio/parser.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace cosio::wire {

/// What cosio::msgpack_parser() makes. Its decoder checks what socket.io-msgpack-parser checks: `type` an integer of 0
/// to 4, `nsp` a string, `id` absent or an integer (here also not negative, and at most 2^53), `data` absent or a map
/// for CONNECT, absent for DISCONNECT, a string or map for CONNECT_ERROR, else an array. Other members, such as
/// `options`, are ignored; a text message is errc::bad_message.
///
/// @par Source  socket.io-msgpack-parser 3.
class msgpack_parser final : public parser {
 public:
  std::vector<message> encode(const packet& from) const override;
  std::unique_ptr<decoder> make_decoder(const limits& bounds) const override;
};

/// One message. @return the packet, or errc::message_too_large, an error of read_msgpack(), packet_type, bad_payload.
result<parser::packet> read_msgpack_packet(std::string_view bytes, const parser::limits& bounds);

}  // namespace cosio::wire
