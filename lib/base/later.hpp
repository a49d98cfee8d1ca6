// Arithmetic with times that cannot overflow. An application writes milliseconds::max() for "never", and a peer may
// send any number: a sum that wraps around would mean "at once".

#pragma once
#include <chrono>
#include <cstdint>
#include <ratio>
#include <type_traits>

namespace cosio::inline v0_2::base {

using time_point = std::chrono::steady_clock::time_point;

/// The same time in another unit; the nearest one that the other unit can express.
template <class To, class Rep, class Period>
constexpr To saturated(std::chrono::duration<Rep, Period> time) noexcept {
  static_assert(std::is_integral_v<Rep>);
  // Compared in the coarser of both units, where neither can overflow.
  using period = std::conditional_t<std::ratio_less_equal_v<Period, typename To::period>, typename To::period, Period>;
  using wide = std::chrono::duration<std::int64_t, period>;
  const auto compared = std::chrono::duration_cast<wide>(time);
  if (compared >= std::chrono::duration_cast<wide>(To::max())) return To::max();
  if (compared <= std::chrono::duration_cast<wide>(To::min())) return To::min();
  return std::chrono::duration_cast<To>(time);
}

/// A point in time that is `by` later than `from`, or earlier if it is negative; the end of time where that overflows.
template <class Rep, class Period>
constexpr time_point later(time_point from, std::chrono::duration<Rep, Period> by) noexcept {
  const auto wanted = saturated<time_point::duration>(by);
  const auto since = from.time_since_epoch();
  constexpr auto zero = time_point::duration::zero();
  if (wanted > zero && since > time_point::duration::max() - wanted) return time_point::max();
  if (wanted < zero && since < time_point::duration::min() - wanted) return time_point::min();
  return from + wanted;
}

/// The same in the other direction.
template <class Rep, class Period>
constexpr time_point earlier(time_point from, std::chrono::duration<Rep, Period> by) noexcept {
  const auto wanted = saturated<time_point::duration>(by);
  return wanted == time_point::duration::min() ? time_point::max() : later(from, -wanted);
}

}  // namespace cosio::inline v0_2::base
