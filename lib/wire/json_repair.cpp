// One pass over the text. It only distinguishes strings from the rest.

#include "wire/json_repair.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cosio::inline v0_2::wire {
namespace {

constexpr std::size_t escape_bytes = 6;      // \uXXXX
constexpr std::size_t longest_exponent = 9;  // digits; Boost.JSON reads up to 2147483647
constexpr std::uint32_t no_unit = 0xFFFF'FFFF;

// The UTF-16 code unit of an escape at `at`, or no_unit.
std::uint32_t unit_at(std::string_view text, std::size_t at) noexcept {
  if (at + escape_bytes > text.size() || text[at] != '\\' || text[at + 1] != 'u') return no_unit;
  std::uint32_t unit = 0;
  const char* const end = text.data() + at + escape_bytes;
  const auto read = std::from_chars(text.data() + at + 2, end, unit, 16);
  return read.ptr == end ? unit : no_unit;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

// Reads from behind the opening quote to behind the closing one.
std::size_t repair_string(std::string& text, std::size_t at, bool& changed) {
  for (at = text.find_first_of("\"\\", at); at < text.size(); at = text.find_first_of("\"\\", at)) {
    if (text[at] == '"') return at + 1;
    const std::uint32_t unit = unit_at(text, at);
    if (unit == no_unit) {
      at += 2;
    } else if (is_high_surrogate(unit) && is_low_surrogate(unit_at(text, at + escape_bytes))) {
      at += 2 * escape_bytes;
    } else {
      if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
        text.replace(at + 2, 4, "fffd");
        changed = true;
      }
      at += escape_bytes;
    }
  }
  return text.size();
}

// Reads from behind an `e` to behind the digits of the exponent.
std::size_t repair_exponent(std::string& text, std::size_t at, bool& changed) {
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
  const std::size_t first = std::min(text.find_first_not_of('0', at), end);
  if (end - first > longest_exponent) {
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(first), text.begin() + static_cast<std::ptrdiff_t>(end), '0');
    text.replace(end - longest_exponent, longest_exponent, longest_exponent, '9');
    changed = true;
  }
  return end;
}

}  // namespace

bool repair_json(std::string& text) {
  bool changed = false;
  for (std::size_t at = text.find_first_of("\"eE"); at < text.size(); at = text.find_first_of("\"eE", at)) {
    at = text[at] == '"' ? repair_string(text, at + 1, changed) : repair_exponent(text, at + 1, changed);
  }
  return changed;
}

}  // namespace cosio::inline v0_2::wire
