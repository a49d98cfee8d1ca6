// Numbers and what belongs to them.

#include "simulation/notes.hpp"

#include <array>

namespace cosio::simulation {
namespace {

constexpr std::array<std::size_t, note_sizes> sizes{0, 7, 60, 300, 1'500, 6'000, 20'000, 50'000};

std::size_t size_of(std::uint64_t number) { return sizes[number & 7]; }

}  // namespace

std::uint64_t note_number(std::uint64_t count, std::size_t size, bool binary) {
  return count << 4 | (binary ? 8U : 0U) | (size & 7);
}

bool has_attachment(std::uint64_t number) { return (number & 8) != 0; }

std::string note_text(std::uint64_t number) {
  static constexpr std::array<const char*, 8> letters{"a", "\n", "é", "\\", "\"", "€", "😀", "\u2028"};
  std::string out = "note " + std::to_string(number) + ": ";
  const std::size_t size = has_attachment(number) ? 0 : size_of(number);
  for (std::uint64_t at = number >> 4; out.size() < size; ++at) out += letters[at * 7 % 8];
  return out;
}

std::string note_attachment(std::uint64_t number) {
  std::string out(size_of(number), '\0');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>((number >> 4) * 31 + i * 7);
  return out;
}

}  // namespace cosio::simulation
