// JSON that JavaScript reads and Boost.JSON refuses, rewritten so that both read the same.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/json.cpp.

#pragma once
#include <string>

namespace cosio::wire {

/// Rewrites in place, without moving a byte, so that places in the text stay what they were:
///   - an escaped surrogate without its partner, `\ud83d`, becomes `\ufffd`
///   - an exponent of ten and more digits becomes 999999999, just as far beyond a double's range
/// Whatever else is wrong with the text stays wrong.
///
/// @return Whether anything was rewritten.
bool repair_json(std::string& text);

}  // namespace cosio::wire
