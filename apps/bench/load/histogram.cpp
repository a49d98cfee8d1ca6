// Bucket arithmetic.

#include "histogram.hpp"

#include <algorithm>
#include <bit>

namespace bench {

void histogram::add(nanoseconds duration) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  ++seen_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

nanoseconds histogram::percentile(double q) const noexcept {
  if (count_ == 0) return nanoseconds(0);
  const auto wanted = std::min(static_cast<std::uint64_t>(q * static_cast<double>(count_)), count_ - 1);
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  while ((below += seen_[bucket]) <= wanted) ++bucket;
  return nanoseconds(static_cast<std::int64_t>(std::min(middle_of(bucket), max_)));
}

// Values below 64 have a bucket each; above, the leading bit chooses the row, and the six bits behind it the step.
std::size_t histogram::bucket_of(std::uint64_t value) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= step_bits) return value;
  const unsigned row = width - step_bits;
  const std::uint64_t step = (value >> (row - 1)) & ((1U << step_bits) - 1);
  return (std::size_t{row} << step_bits) + step;
}

std::uint64_t histogram::middle_of(std::size_t bucket) noexcept {
  const std::size_t row = bucket >> step_bits;
  if (row == 0) return bucket;
  const std::uint64_t step = bucket & ((1U << step_bits) - 1);
  const std::uint64_t first = ((std::uint64_t{1} << step_bits) + step) << (row - 1);
  return first + (std::uint64_t{1} << (row - 1)) / 2;
}

}  // namespace bench
