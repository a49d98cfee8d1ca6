// Frames as a client writes them, good and bad, for the tests of whoever reads them.

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cosio::test::inline v0_2::kit {

/// Options of a client's frame. The defaults make a good one.
struct client_frame {
  std::uint8_t op = 0x1;
  std::string payload;
  bool fin = true;
  std::uint8_t reserved = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
  bool masked = true;
  std::size_t extended_bytes = 99;  // 0, 2 or 8 bytes of length; 99 for the shortest form
  std::array<char, 4> key = {'\x37', '\xfa', '\x21', '\x3d'};

  std::string bytes() const {
    const std::size_t shortest = payload.size() < 126 ? 0 : payload.size() <= 0xFFFF ? 2 : 8;
    return head(extended_bytes == 99 ? shortest : extended_bytes, payload.size()) + body();
  }

  /// A head that announces `length` bytes, whatever the payload.
  std::string head(std::size_t extended, std::uint64_t length) const {
    std::string out;
    out += static_cast<char>((fin ? 0x80 : 0) | reserved << 4 | op);
    const std::uint64_t mark = extended == 8 ? 127 : extended == 2 ? 126 : length;
    out += static_cast<char>((masked ? 0x80 : 0) | mark);
    for (std::size_t i = extended; i > 0; --i) out += static_cast<char>(length >> (8 * (i - 1)));
    if (masked) out.append(key.data(), key.size());
    return out;
  }

 private:
  std::string body() const {
    std::string out = payload;
    for (std::size_t i = 0; masked && i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ key[i % 4]);
    return out;
  }
};

}  // namespace cosio::test::inline v0_2::kit
