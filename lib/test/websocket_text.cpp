// The server's half of RFC 6455 framing, read strictly.

#include "test/websocket_text.hpp"

#include <stdexcept>

namespace cosio::test::inline v0_2::kit {
namespace {

[[noreturn]] void bad_frame(const std::string& what) { throw std::runtime_error("websocket client: " + what); }

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) number = number << 8 | byte_at(bytes, i);
  return number;
}

}  // namespace

std::uint16_t server_frame::close_code() const {
  return payload.size() < 2 ? std::uint16_t{1005} : static_cast<std::uint16_t>(big_endian(payload.substr(0, 2)));
}

std::optional<server_frame> take_frame(std::string& bytes, bool deflate) {
  if (bytes.size() < 2) return std::nullopt;
  const bool compressed = deflate && (byte_at(bytes, 0) & 0x40) != 0;
  if ((byte_at(bytes, 0) & (compressed ? 0xB8 : 0xF0)) != 0x80)
    bad_frame("a frame that is a fragment, or has reserved bits");
  if ((byte_at(bytes, 1) & 0x80) != 0) bad_frame("a masked frame");
  const std::uint8_t mark = byte_at(bytes, 1);
  const std::size_t extended = mark == 127 ? 8 : mark == 126 ? 2 : 0;
  if (bytes.size() < 2 + extended) return std::nullopt;
  const std::uint64_t length = extended == 0 ? mark : big_endian(std::string_view(bytes).substr(2, extended));
  if ((extended == 2 && length < 126) || (extended == 8 && length <= 0xFFFF)) bad_frame("a length in a longer form");
  if (bytes.size() - 2 - extended < length) return std::nullopt;
  server_frame frame{static_cast<std::uint8_t>(byte_at(bytes, 0) & 0x0F), bytes.substr(2 + extended, length),
                     compressed};
  bytes.erase(0, 2 + extended + length);
  return frame;
}

std::string websocket_request(std::string_view target, std::string_view more_headers) {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(more_headers) + "\r\n";
}

std::string text_frame(std::string_view payload) {
  client_frame frame;
  frame.payload = payload;
  return frame.bytes();
}

std::string binary_frame(std::string_view payload) {
  client_frame frame;
  frame.op = 0x2;
  frame.payload = payload;
  return frame.bytes();
}

std::string close_frame_of_client(std::uint16_t code) {
  const std::string body = {static_cast<char>(code >> 8), static_cast<char>(code)};
  client_frame frame;
  frame.op = 0x8;
  if (code != 0) frame.payload = body;
  return frame.bytes();
}

}  // namespace cosio::test::inline v0_2::kit
