// A point in time, written as JSON.stringify() writes a Date.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace cosio::wire {

/// `2026-01-31T23:59:59.000Z`; years beyond four digits with a sign and six digits.
///
/// @param milliseconds  Since 1970, UTC.
/// @return Nothing for a Date that is invalid in JavaScript: more than 100 million days from 1970.
std::optional<std::string> js_date(std::int64_t milliseconds);

}  // namespace cosio::wire
