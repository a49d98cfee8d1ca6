// What became of something that was emitted.

#pragma once
#include <cstddef>

namespace cosio {

/// How many receivers got what was emitted, and how many did not.
class report {
 public:
  report() noexcept = default;
  report(std::size_t q, std::size_t d, std::size_t r, std::size_t o = 0) noexcept
      : queued(q), dropped(d), refused(r), over_budget(o) {}

  std::size_t queued = 0;   ///< in the receiver's queue, in order, to be sent
  std::size_t dropped = 0;  ///< volatile, and the receiver could not take it now
  std::size_t refused = 0;  ///< the receiver is gone, or over its byte limit
  /// Of the refused: those whose queue would have held more than options::max_queued_bytes. They are disconnected,
  /// reason `slow consumer`.
  std::size_t over_budget = 0;

  report& operator+=(const report& other) noexcept {
    queued += other.queued;
    dropped += other.dropped;
    refused += other.refused;
    over_budget += other.over_budget;
    return *this;
  }
};

}  // namespace cosio
