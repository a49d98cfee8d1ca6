// Base64 with tables: three bytes are four digits.

#include "wire/base64.hpp"

#include <array>
#include <cstdint>

namespace cosio::inline v0_2::wire {
namespace {

constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<std::uint8_t>(digits[i])] = i;
  values['-'] = values['+'];  // the URL-safe alphabet
  values['_'] = values['/'];
  return values;
}

constexpr std::array<std::uint8_t, 256> values = make_values();

std::uint32_t value_of(char digit) noexcept { return values[static_cast<std::uint8_t>(digit)]; }
std::uint32_t byte_of(char c) noexcept { return static_cast<std::uint8_t>(c); }
char digit_of(std::uint32_t bits) noexcept { return digits[bits & 63]; }

char* put_bytes(char* to, std::uint32_t bits24) noexcept {
  to[0] = static_cast<char>(bits24 >> 16);
  to[1] = static_cast<char>(bits24 >> 8);
  to[2] = static_cast<char>(bits24);
  return to + 3;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  out.resize(before + base64_size(bytes.size()), '=');
  char* to = out.data() + before;
  const char* from = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3, to += 4) {
    const std::uint32_t bits = byte_of(from[0]) << 16 | byte_of(from[1]) << 8 | byte_of(from[2]);
    to[0] = digit_of(bits >> 18);
    to[1] = digit_of(bits >> 12);
    to[2] = digit_of(bits >> 6);
    to[3] = digit_of(bits);
  }
  if (left == 0) return;  // otherwise one or two bytes, and the padding stays
  const std::uint32_t bits = byte_of(from[0]) << 16 | (left == 2 ? byte_of(from[1]) << 8 : 0);
  to[0] = digit_of(bits >> 18);
  to[1] = digit_of(bits >> 12);
  if (left == 2) to[2] = digit_of(bits >> 6);
}

void decode_base64(std::string_view text, std::string& out) {
  out.resize(text.size() / 4 * 3 + 3);
  char* to = out.data();
  const char* from = text.data();
  const char* const end = from + text.size();
  std::uint32_t bits = 0;
  unsigned held = 0;  // digits in `bits`
  while (from != end) {
    if (held == 0 && end - from >= 4) {
      const std::uint32_t a = value_of(from[0]), b = value_of(from[1]), c = value_of(from[2]), d = value_of(from[3]);
      if ((a | b | c | d) < 64) {
        to = put_bytes(to, a << 18 | b << 12 | c << 6 | d);
        from += 4;
        continue;
      }
    }
    const std::uint32_t value = value_of(*from++);
    if (value == no_digit) continue;
    bits = bits << 6 | value;
    if (++held == 4) {
      to = put_bytes(to, bits);
      bits = held = 0;
    }
  }
  if (held >= 2) to = put_bytes(to, bits << (4 - held) * 6) - (4 - held);
  out.resize(static_cast<std::size_t>(to - out.data()));
}

}  // namespace cosio::inline v0_2::wire
