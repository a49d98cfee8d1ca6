// What became of something that was emitted.

#pragma once
#include <cstddef>

namespace cosio {

/// How many receivers got what was emitted, and how many did not.
class report {
 public:
  report() noexcept = default;
  report(std::size_t q, std::size_t d, std::size_t r) noexcept : queued(q), dropped(d), refused(r) {}

  std::size_t queued = 0;   ///< in the receiver's queue, in order, to be sent
  std::size_t dropped = 0;  ///< volatile, and the receiver could not take it now
  std::size_t refused = 0;  ///< the receiver is gone, or over its byte limit

  report& operator+=(const report& other) noexcept {
    queued += other.queued;
    dropped += other.dropped;
    refused += other.refused;
    return *this;
  }
};

}  // namespace cosio
