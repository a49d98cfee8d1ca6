// Repairs JSON that JavaScript reads and Boost.JSON refuses, so that both read the same.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/json.cpp.

#pragma once
#include <string>

namespace cosio::inline v0_2::wire {

/// Rewrites in place and moves no byte, so that offsets in the text stay true:
///   - an escaped surrogate without its partner, `\ud83d`, becomes `\ufffd`
///   - an exponent of ten and more digits becomes 999999999, just as far beyond a double's range
/// Other errors in the text stay.
///
/// @return Whether anything was rewritten.
bool repair_json(std::string& text);

}  // namespace cosio::inline v0_2::wire
