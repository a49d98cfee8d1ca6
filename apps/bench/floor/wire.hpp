// Bytes as the floor knows them: heads of frames and responses, without any checking. Pure.

#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

inline constexpr std::string_view handshake_answer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A frame of a client, unmasked in place.
struct client_frame {
  int opcode = 0;
  char* payload = nullptr;
  std::size_t length = 0;
  std::size_t size = 0;  // with its head; 0: it is not all there
};
client_frame take_frame(char* bytes, std::size_t count);

/// Bytes of the head that a frame of the server has.
constexpr std::size_t head_size(std::size_t length) { return length < 126 ? 2 : length <= 0xffff ? 4 : 10; }
/// Writes such a head; it has head_size() bytes.
void put_head(char* at, int opcode, std::size_t length);
void append_text_frame(std::string& out, std::string_view payload);

std::string open_packet(std::string_view sid);
std::string http_ok(std::string_view type, std::string_view body);

}  // namespace bench
