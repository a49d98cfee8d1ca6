// One Engine.IO packet of revision 3 or 4: the first byte is the type, the rest is data.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/engine_packet.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

enum class packet_type : std::uint8_t { open = 0, close = 1, ping = 2, pong = 3, message = 4, upgrade = 5, noop = 6 };

/// Engine.IO protocol revision, from the query parameter EIO.
enum class revision : std::uint8_t { v3 = 3, v4 = 4 };

struct engine_packet {
  packet_type type = packet_type::noop;
  bool binary = false;    ///< only possible for messages
  std::string_view data;  ///< without the type
};

constexpr char type_digit(packet_type type) noexcept { return static_cast<char>('0' + static_cast<int>(type)); }

/// Decodes a packet that came as text: a WebSocket text frame, or an element of a text payload.
///
/// `b<base64>` (revision 4) and `b<digit><base64>` (revision 3) are decoded into `scratch`, which then holds the data.
///
/// @return The packet, whose data points into `text` or `scratch`; or errc::packet_empty or errc::packet_type.
///         Revision 3 with an unknown digit after 'b': an ignorable packet, type noop.
/// @par Source  the Engine.IO protocol, revisions 3 and 4.
result<engine_packet> decode_text_packet(revision rev, std::string_view text, std::string& scratch);

/// Decodes a packet that came as a binary WebSocket frame. Revision 4: all of it is a message. Revision 3: the first
/// byte is the type's number; an unknown number or an empty frame is ignorable: type noop.
engine_packet decode_binary_packet(revision rev, std::string_view bytes) noexcept;

/// Appends the text form: digit and data; for binary `b` (revision 3: `b4`) and base64.
void append_text_packet(std::string& out, revision rev, const engine_packet& packet);

}  // namespace cosio::inline v0_2::wire
