// A limit of a rate: so much per second in the long run, and so much at once.

#pragma once
#include <algorithm>
#include <chrono>

namespace cosio::inline v0_2::base {

/// A bucket of tokens that fills evenly and never holds more than the burst. Not thread-safe.
class token_bucket {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The bucket begins full.
  token_bucket(double burst, time_point now) noexcept : tokens_(burst), last_(now) {}

  /// @return false when there are fewer than `n` tokens: then none are taken.
  bool take(double n, double per_second, double burst, time_point now) noexcept {
    const double seconds = std::chrono::duration<double>(std::max(now - last_, time_point::duration::zero())).count();
    tokens_ = std::min(burst, tokens_ + seconds * per_second);
    last_ = std::max(now, last_);
    if (tokens_ < n) return false;
    tokens_ -= n;
    return true;
  }

 private:
  double tokens_;
  time_point last_;
};

}  // namespace cosio::inline v0_2::base
