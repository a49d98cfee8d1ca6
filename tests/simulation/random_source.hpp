// The system's random source, replaced for this program: ids of sessions and sockets come from the seed as well.

#pragma once
#include <cstdint>

namespace cosio::simulation {

/// From now on the ids that the library makes follow from the seed, whatever was made before.
void seed_random_source(std::uint64_t seed);

}  // namespace cosio::simulation
