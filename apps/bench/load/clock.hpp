// Time as the load client counts it: steady, in nanoseconds.

#pragma once
#include <chrono>

namespace bench {

using clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

/// Seconds as the command line and the reports have them.
using seconds = std::chrono::duration<double>;

inline nanoseconds to_nanoseconds(seconds s) { return std::chrono::duration_cast<nanoseconds>(s); }

}  // namespace bench
