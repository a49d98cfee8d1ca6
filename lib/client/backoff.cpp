// The time before each attempt to reconnect.

#include "client/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace cosio::inline v0_2::clients {

std::chrono::milliseconds backoff::next(double chance) noexcept {
  const auto most = static_cast<double>(most_.count());
  double time =
      std::ldexp(static_cast<double>(least_.count()), static_cast<int>(std::min<std::size_t>(attempts_, 100)));
  ++attempts_;
  if (jitter_ > 0) {
    const double part = std::floor(chance * jitter_ * time);
    const bool earlier = (static_cast<int>(chance * 10) & 1) == 0;
    time += earlier ? -part : part;
  }
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(std::min(time, most)));
}

}  // namespace cosio::inline v0_2::clients
