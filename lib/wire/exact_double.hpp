// The nearest double of a number in JSON.
//
// Boost.JSON 1.81 multiplies by a rounded power of ten and so loses the last bit of some doubles. So the digits are
// read a second time.

#pragma once
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace cosio::inline v0_2::wire {

/// A decimal fraction of at most 15 digits, without an exponent. Both the digits and the power of ten are exact doubles
/// then, and one division rounds once.
inline std::optional<double> short_decimal(std::string_view digits) noexcept {
  constexpr double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr std::size_t most_digits = 15;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (digits.size() > most_digits + 1) return std::nullopt;
  std::int64_t all = 0;
  std::size_t behind_point = 0;
  bool has_point = false;
  for (const char c : digits) {
    if (c >= '0' && c <= '9') {
      all = all * 10 + (c - '0');
      behind_point += has_point ? 1 : 0;
    } else if (c == '.' && !has_point) {
      has_point = true;
    } else {
      return std::nullopt;
    }
  }
  if (!has_point) return std::nullopt;
  const double value = static_cast<double>(all) / powers[behind_point];
  return negative ? -value : value;
}

/// @param digits  The number as it stands in the text.
/// @param rough   What Boost.JSON made of it. For a number out of range it tells at which end.
/// @return nothing for a number beyond a double's range, which is read as null.
inline std::optional<double> exact_double(std::string_view digits, double rough) noexcept {
  if (const auto value = short_decimal(digits)) return value;
  double exact = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
  if (read.ec == std::errc()) return exact;
  if (std::abs(rough) < 1) return 0;
  return std::nullopt;
}

}  // namespace cosio::inline v0_2::wire
