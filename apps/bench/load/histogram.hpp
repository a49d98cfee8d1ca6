// A histogram of latencies: log-linear, 64 steps for each power of two, so that a percentile is within 1.6 % at any
// size.

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "clock.hpp"

namespace bench {

/// Counts durations. One thread.
class histogram {
 public:
  void add(nanoseconds duration) noexcept;
  void clear() noexcept { *this = histogram(); }

  std::uint64_t count() const noexcept { return count_; }
  nanoseconds max() const noexcept { return nanoseconds(static_cast<std::int64_t>(max_)); }
  /// The duration that a share of `q` (0 to 1) of all stayed below; zero when there are none.
  nanoseconds percentile(double q) const noexcept;

 private:
  static constexpr unsigned step_bits = 6;  // 64 steps
  static constexpr std::size_t buckets = std::size_t{64 - step_bits + 1} << step_bits;

  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t middle_of(std::size_t bucket) noexcept;

  std::array<std::uint64_t, buckets> seen_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
