// The arithmetic behind durations and points in time: milliseconds and seconds that do not overflow.
//
// The header is a part of convert.hpp, which writes a duration as a number of milliseconds and a point in time as text.

#pragma once
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2::detail {

// The milliseconds in one unit of a duration: `num` of them, or a fraction when `den` is not 1.
template <class D>
using milliseconds_in = std::ratio_divide<typename D::period, std::milli>;

// Whether a duration is whole milliseconds by its type.
template <class D>
inline constexpr bool has_whole_milliseconds = std::integral<typename D::rep> && milliseconds_in<D>::den == 1;

// Whether a Rep can hold `count` without its fraction. NaN fits nowhere.
template <class Rep>
bool holds(double count) noexcept {
  using limits = std::numeric_limits<Rep>;
  if constexpr (std::floating_point<Rep>) {
    return std::abs(static_cast<long double>(count)) <= static_cast<long double>(limits::max());
  } else {
    const double end = std::ldexp(1.0, limits::digits);  // one more than the highest value
    return count >= (std::is_signed_v<Rep> ? -end : 0.0) && count < end;
  }
}

// The duration in whole milliseconds; nothing when they are no 64 bits.
template <class D>
std::optional<std::int64_t> whole_milliseconds(D value) noexcept {
  constexpr std::int64_t unit = milliseconds_in<D>::num;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / unit;
  if (!std::in_range<std::int64_t>(value.count())) return std::nullopt;
  const auto count = static_cast<std::int64_t>(value.count());
  if (count > most || count < -most) return std::nullopt;
  return count * unit;
}

// Converts milliseconds to the nearest count of units.
template <class D>
bool from_milliseconds(double milliseconds, D& out) noexcept {
  using rep = typename D::rep;
  using exact = std::chrono::duration<double, typename D::period>;
  double count = exact(std::chrono::duration<double, std::milli>(milliseconds)).count();
  if constexpr (std::integral<rep>) count = std::round(count);
  if (!holds<rep>(count)) return false;
  out = D(static_cast<rep>(count));
  return true;
}

// The milliseconds from 1970 to a point in time, rounded down. Nothing beyond the range of a Date in JavaScript.
template <class D>
std::optional<std::int64_t> date_milliseconds(D since_1970) noexcept {
  using unit = milliseconds_in<D>;
  const double about = std::chrono::duration<double, std::milli>(since_1970).count();
  if (!(std::abs(about) <= 8.64e15)) return std::nullopt;
  if constexpr (std::integral<typename D::rep> && (unit::num == 1 || unit::den == 1)) {
    return std::chrono::floor<std::chrono::duration<std::int64_t, std::milli>>(since_1970).count();
  } else {
    return static_cast<std::int64_t>(std::floor(about));
  }
}

// Converts a point in time to a duration since 1970, rounded down. The last second of the range of D does not fit.
template <class D>
bool from_seconds(std::int64_t seconds, std::int32_t nanoseconds, D& out) noexcept {
  using rep = typename D::rep;
  using exact = std::chrono::duration<double, typename D::period>;
  using in_a_second = std::ratio_divide<std::ratio<1>, typename D::period>;
  constexpr std::int64_t billion = 1'000'000'000;
  const auto units = [](std::int64_t s) {
    return exact(std::chrono::duration<double>(static_cast<double>(s))).count();
  };
  if (!holds<rep>(units(seconds)) || !holds<rep>(units(seconds + 1))) return false;

  if constexpr (std::integral<rep> && in_a_second::num == 1) {  // units of one second or more
    const std::int64_t whole = seconds / in_a_second::den - (seconds % in_a_second::den < 0 ? 1 : 0);
    out = D(static_cast<rep>(whole));
  } else if constexpr (std::integral<rep> && in_a_second::den == 1 && billion % in_a_second::num == 0) {
    const auto whole = static_cast<rep>(static_cast<rep>(seconds) * static_cast<rep>(in_a_second::num));
    out = D(static_cast<rep>(whole + static_cast<rep>(nanoseconds / (billion / in_a_second::num))));
  } else {
    const std::chrono::duration<double, std::nano> rest(nanoseconds);
    const double count = units(seconds) + exact(rest).count();
    out = D(static_cast<rep>(std::integral<rep> ? std::floor(count) : count));
  }
  return true;
}

}  // namespace cosio::inline v0_2::detail
