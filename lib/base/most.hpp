// Limits as options have them: 0 means that there is none.

#pragma once
#include <cstddef>
#include <limits>

namespace cosio::inline v0_2::base {

/// The number that a limit is compared with: that of the option, or the largest number when the option is 0.
constexpr std::size_t most(std::size_t option) noexcept {
  return option == 0 ? std::numeric_limits<std::size_t>::max() : option;
}

}  // namespace cosio::inline v0_2::base
