// Only what the load client sends is understood.

#include "wire.hpp"

#include <cstring>

namespace bench {
namespace {

std::uint64_t big_endian(const char* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

void unmask(char* at, std::size_t length, const char* key) {
  std::uint64_t twice = 0;
  std::memcpy(&twice, key, 4);
  std::memcpy(reinterpret_cast<char*>(&twice) + 4, key, 4);
  std::size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at + i, 8);
    eight ^= twice;
    std::memcpy(at + i, &eight, 8);
  }
  for (; i < length; ++i) at[i] = static_cast<char>(at[i] ^ key[i % 4]);
}

}  // namespace

client_frame take_frame(char* bytes, std::size_t count) {
  constexpr std::size_t key_size = 4;
  if (count < 2 + key_size) return {};
  const int length_code = bytes[1] & 127;
  const int more = length_code == 127 ? 8 : length_code == 126 ? 2 : 0;
  const std::size_t head = 2 + static_cast<std::size_t>(more) + key_size;
  if (count < head) return {};
  const std::size_t length = more == 0 ? static_cast<std::size_t>(length_code) : big_endian(bytes + 2, more);
  if (count - head < length) return {};
  unmask(bytes + head, length, bytes + head - key_size);
  return {bytes[0] & 15, bytes + head, length, head + length};
}

void put_head(char* at, int opcode, std::size_t length) {
  at[0] = static_cast<char>(0x80 | opcode);
  const std::size_t size = head_size(length);
  at[1] = static_cast<char>(size == 2 ? length : size == 4 ? 126 : 127);
  for (std::size_t i = 2; i < size; ++i) at[i] = static_cast<char>(length >> (8 * (size - 1 - i)));
}

void append_text_frame(std::string& out, std::string_view payload) {
  char head[10];
  put_head(head, 1, payload.size());
  out.append(head, head_size(payload.size())).append(payload);
}

std::string open_packet(std::string_view sid) {
  return "0{\"sid\":\"" + std::string(sid) +
         "\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";
}

std::string http_ok(std::string_view type, std::string_view body) {
  std::string out = "HTTP/1.1 200 OK\r\nContent-Type: ";
  return out.append(type)
      .append("\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n")
      .append(body);
}

}  // namespace bench
