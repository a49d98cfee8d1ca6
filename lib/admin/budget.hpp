// Bytes that may be sent: so many in a second. What was sent above that is paid back before anything else is sent.

#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>

#include "async/deadlines.hpp"

namespace cosio::inline v0_2::admin {

/// Not thread-safe.
class budget {
 public:
  /// It begins with the bytes of a second, and never has more.
  budget(std::size_t per_second, async::time_point now) noexcept
      : per_second_(static_cast<double>(per_second)), left_(per_second_), last_(now) {}

  /// The bytes that may be sent now; below 0 while a debt is paid back.
  double left(async::time_point now) noexcept {
    const double seconds = std::chrono::duration<double>(std::max(now, last_) - last_).count();
    left_ = std::min(per_second_, left_ + seconds * per_second_);
    last_ = std::max(now, last_);
    return left_;
  }
  void spend(std::size_t bytes) noexcept { left_ -= static_cast<double>(bytes); }

 private:
  const double per_second_;
  double left_;
  async::time_point last_;
};

}  // namespace cosio::inline v0_2::admin
