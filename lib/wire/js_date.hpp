// A point in time, written as JSON.stringify() writes a Date, and read from such text.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// `2026-01-31T23:59:59.000Z`; years beyond four digits with a sign and six digits.
///
/// @param milliseconds  Since 1970, UTC.
/// @return Nothing for a Date that is invalid in JavaScript: more than 100 million days from 1970.
std::optional<std::string> js_date(std::int64_t milliseconds);

/// A point in time, in UTC.
struct date_time {
  std::int64_t seconds = 0;      ///< since 1970; negative before
  std::int32_t nanoseconds = 0;  ///< beyond the seconds, from 0 to 999,999,999
};

/// Reads what js_date() writes, and other dates of RFC 3339: `2026-11-30T14:41:14.5+01:00`.
///
/// The fraction has 1 to 9 digits, or is left out with its point. `T` and `Z` are capital letters. Years beyond four
/// digits have a sign and six digits, as in JavaScript. There are no leap seconds, and no hour 24.
/// @return Nothing for any other text, and for a Date that is invalid in JavaScript.
std::optional<date_time> read_js_date(std::string_view text) noexcept;

/// Reads a day of the calendar as the days since 1970: `2026-11-30`. Years as in read_js_date().
/// @return Nothing for any other text, and for a day that no Date in JavaScript begins.
std::optional<std::int64_t> read_js_day(std::string_view text) noexcept;

}  // namespace cosio::inline v0_2::wire
