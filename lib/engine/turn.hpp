// How much of one client a turn on its strand handles.

#pragma once
#include <cstdint>

namespace cosio::inline v0_2::engine {

/// Messages, packets, events that waited, or handlers that end without a wait: after so many of one client the rest is
/// posted, so that other clients come first. They are many, so that posting costs little beside them.
inline constexpr std::uint16_t per_turn = 1'000;

}  // namespace cosio::inline v0_2::engine
