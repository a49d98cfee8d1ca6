// A histogram of latencies. It is log-linear with 64 steps for each power of two: a percentile of any size is exact to
// 1.6 %.

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
  /// The duration below which a share of `q` (0 to 1) of all lies; zero when there are none.
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
