// The system's random source, replaced for threads that have a world: ids of sessions and sockets come from its seed.

#pragma once
#include <cstdint>

namespace cosio::test::inline v0_2::kit {

/// From now on the ids that the library makes in this thread follow from the seed, whatever was made before. On systems
/// other than Linux nothing changes.
void seed_random_source(std::uint64_t seed);
/// From now on they come from the system again.
void end_random_source();

}  // namespace cosio::test::inline v0_2::kit
