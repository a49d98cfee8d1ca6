// SipHash-1-3, and the secret of the process.

#include "base/sip_hash.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "base/system_calls.hpp"

namespace cosio::inline v0_2::base {
namespace {

constexpr std::size_t word_bytes = 8;

// The first `size` bytes as a little-endian number, whatever the machine.
std::uint64_t word_of(const char* bytes, std::size_t size) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, size);
  } else {
    for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  }
  return word;
}

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

sip_key draw_key() {
  std::array<std::uint64_t, 2> words{};
  auto* const bytes = reinterpret_cast<char*>(words.data());
  std::size_t have = 0;
  while (have < sizeof(words)) {
    const std::ptrdiff_t n = random_bytes(bytes + have, sizeof(words) - have);
    if (n < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "drawing random bytes");
    if (n > 0) have += static_cast<std::size_t>(n);
  }
  return {words[0], words[1]};
}

}  // namespace

std::uint64_t sip_hash(const sip_key& key, std::string_view text) noexcept {
  sip_state s{key.first ^ 0x736f6d6570736575U, key.second ^ 0x646f72616e646f6dU, key.first ^ 0x6c7967656e657261U,
              key.second ^ 0x7465646279746573U};
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= word_bytes; left -= word_bytes, at += word_bytes) s.take(word_of(at, word_bytes));
  s.take((left == 0 ? 0 : word_of(at, left)) | std::uint64_t{text.size() & 0xff} << 56);
  s.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

const sip_key& process_secret() {
  static const sip_key secret = draw_key();
  return secret;
}

}  // namespace cosio::inline v0_2::base
