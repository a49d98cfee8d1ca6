// Engine.IO packets: a digit or a letter in front, and base64 where text has to carry binary.

#include "wire/engine_packet.hpp"

#include "wire/base64.hpp"

namespace cosio::inline v0_2::wire {
namespace {

constexpr std::uint8_t last_type = static_cast<std::uint8_t>(packet_type::noop);

// Revision 3 puts a type before binary, too. Only messages carry binary: data behind any other type is ignored.
engine_packet binary_packet(std::uint8_t type, std::string_view data) noexcept {
  if (type > last_type) return {};
  if (type != static_cast<std::uint8_t>(packet_type::message)) return {static_cast<packet_type>(type), false, {}};
  return {packet_type::message, true, data};
}

engine_packet decode_base64_packet(revision rev, std::string_view text, std::string& scratch) {
  std::uint8_t type = static_cast<std::uint8_t>(packet_type::message);
  if (rev == revision::v3) {
    type = text.empty() ? last_type : static_cast<std::uint8_t>(text[0] - '0');
    text.remove_prefix(text.empty() ? 0 : 1);
  }
  decode_base64(text, scratch);
  return binary_packet(type, scratch);
}

}  // namespace

result<engine_packet> decode_text_packet(revision rev, std::string_view text, std::string& scratch) {
  if (text.empty()) return fault{errc::packet_empty, 0};
  if (text[0] == 'b') return decode_base64_packet(rev, text.substr(1), scratch);
  if (text[0] < '0' || text[0] > '6') return fault{errc::packet_type, 0};
  return engine_packet{static_cast<packet_type>(text[0] - '0'), false, text.substr(1)};
}

engine_packet decode_binary_packet(revision rev, std::string_view bytes) noexcept {
  if (rev == revision::v4) return {packet_type::message, true, bytes};
  if (bytes.empty()) return {};
  return binary_packet(static_cast<std::uint8_t>(bytes[0]), bytes.substr(1));
}

void append_text_packet(std::string& out, revision rev, const engine_packet& packet) {
  if (packet.binary) {
    out += rev == revision::v3 ? "b4" : "b";
    append_base64(out, packet.data);
  } else {
    out += type_digit(packet.type);
    out += packet.data;
  }
}

}  // namespace cosio::inline v0_2::wire
