// getrandom(2) of this program. The linker prefers it to the one of the C library.

#include "simulation/random_source.hpp"

#include <sys/random.h>

#include <cstring>

#include "base/sid.hpp"
#include "simulation/dice.hpp"

namespace {

cosio::simulation::dice source(0);
std::uint64_t calls = 0;

}  // namespace

extern "C" ssize_t getrandom(void* to, size_t size, unsigned /*flags*/) {
  ++calls;
  auto* out = static_cast<unsigned char*>(to);
  for (size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = source.next();
    std::memcpy(out + at, &bits, size - at < sizeof bits ? size - at : sizeof bits);
  }
  return static_cast<ssize_t>(size);
}

namespace cosio::simulation {

// The library keeps random bytes in store: what is left of them is used up first.
void seed_random_source(std::uint64_t seed) {
  source = dice(seed);
  for (const std::uint64_t before = calls; calls == before;) base::new_sid();
}

}  // namespace cosio::simulation
