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

namespace cosio::inline v0_2::wire {

/// The parser that cosio::msgpack_parser() makes. Any thread; each decoder: one thread at a time.
///
/// The decoder checks the same as socket.io-msgpack-parser: `type` is an integer of 0 to 4, `nsp` a string, `id` absent
/// or an integer (here also not negative, and at most 2^53). `data` is absent or a map for CONNECT, absent for
/// DISCONNECT, a string or map for CONNECT_ERROR, and an array for the others. Other members, such as `options`, are
/// ignored. A text message is errc::bad_message.
///
class msgpack_parser final : public parser {
 public:
  std::vector<message> encode(const packet& from) const override;
  std::unique_ptr<decoder> make_decoder(const limits& bounds) const override;
};

/// Reads one message.
/// @return the packet, or errc::message_too_large, an error of read_msgpack(), packet_type, bad_payload.
result<parser::packet> read_msgpack_packet(std::string_view bytes, const parser::limits& bounds);

}  // namespace cosio::inline v0_2::wire
