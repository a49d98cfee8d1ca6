// Heads of two, four or ten bytes.

#include "frame.hpp"

#include <cstdint>
#include <cstring>

#include "bad_answer.hpp"

namespace bench {
namespace {

constexpr unsigned char final_bit = 0x80;
constexpr unsigned char mask_bit = 0x80;
constexpr unsigned char compressed_bit = 0x40;
constexpr unsigned char reserved_bits = 0x70;
constexpr unsigned char two_more = 126;
constexpr unsigned char eight_more = 127;
constexpr std::size_t max_control = 125;
constexpr std::uint64_t max_frame = 1U << 30;
constexpr unsigned char key[] = {0x9e, 0x37, 0x79, 0xb9};

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
}

void mask(char* at, std::size_t size) {
  std::uint64_t twice = 0;
  std::memcpy(&twice, key, 4);
  std::memcpy(reinterpret_cast<char*>(&twice) + 4, key, 4);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at + i, 8);
    eight ^= twice;
    std::memcpy(at + i, &eight, 8);
  }
  for (; i < size; ++i) at[i] = static_cast<char>(static_cast<unsigned char>(at[i]) ^ key[i % 4]);
}

unsigned char byte(std::span<const char> bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::uint64_t read_big_endian(std::span<const char> bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | byte(bytes, at + i);
  return value;
}

void check(const frame& got) {
  const auto kind = static_cast<unsigned>(got.kind);
  if (kind > 10 || (kind > 2 && kind < 8)) throw bad_answer("a frame with a reserved opcode");
  if (got.compressed && kind != 1 && kind != 2) throw bad_answer("a compressed frame that begins no message");
  if (kind >= 8 && (!got.final || got.payload.size() > max_control)) throw bad_answer("a bad control frame");
}

}  // namespace

void append_frame(std::string& out, opcode kind, std::string_view payload) {
  out += static_cast<char>(final_bit | static_cast<unsigned char>(kind));
  if (payload.size() < two_more) {
    out += static_cast<char>(mask_bit | payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(mask_bit | two_more);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(mask_bit | eight_more);
    append_big_endian(out, payload.size(), 8);
  }
  out.append(reinterpret_cast<const char*>(key), sizeof key);
  const std::size_t begin = out.size();
  out += payload;
  mask(out.data() + begin, payload.size());
}

std::optional<frame> read_frame(std::span<const char> bytes, std::size_t& needed, bool may_compress) {
  if (bytes.size() < 2) return std::nullopt;
  const unsigned char first = byte(bytes, 0);
  const unsigned char second = byte(bytes, 1);
  const unsigned reserved = may_compress ? reserved_bits & ~compressed_bit : reserved_bits;
  if ((first & reserved) != 0) throw bad_answer("a frame with reserved bits");
  if ((second & mask_bit) != 0) throw bad_answer("a masked frame");
  const std::size_t more = second == eight_more ? 8 : second == two_more ? 2 : 0;
  if (bytes.size() < 2 + more) return std::nullopt;
  const std::uint64_t length = more == 0 ? second : read_big_endian(bytes, 2, more);
  if (length > max_frame) throw bad_answer("a frame of more than 1 GiB");
  const std::size_t size = 2 + more + length;
  if (bytes.size() < size) return needed = size, std::nullopt;
  const frame got{static_cast<opcode>(first & 15U), (first & final_bit) != 0, (first & compressed_bit) != 0,
                  std::string_view(bytes.data() + 2 + more, length), size};
  check(got);
  return got;
}

}  // namespace bench
