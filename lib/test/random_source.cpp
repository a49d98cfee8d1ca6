// getrandom(2) of a program that has a world. The linker prefers it to the one of the C library.

#include "test/random_source.hpp"

#include <cstring>
#include <optional>

#include "base/sid.hpp"
#include "test/dice.hpp"

#if defined(__linux__)
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

// Of this thread, while it has a world. Everybody else asks the system.
thread_local std::optional<cosio::test::kit::dice> source;
thread_local std::uint64_t calls = 0;

}  // namespace

extern "C" ssize_t getrandom(void* to, size_t size, unsigned flags) {
  ++calls;
  if (!source) return ::syscall(SYS_getrandom, to, size, flags);
  auto* out = static_cast<unsigned char*>(to);
  for (size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = source->next();
    std::memcpy(out + at, &bits, size - at < sizeof bits ? size - at : sizeof bits);
  }
  return static_cast<ssize_t>(size);
}

namespace cosio::test::inline v0_2::kit {
namespace {

// The library keeps random bytes in store: what is left of them is used up first.
void use_up_random_bytes() {
  for (const std::uint64_t before = calls; calls == before;) base::new_sid();
}

}  // namespace

void seed_random_source(std::uint64_t seed) {
  source.emplace(seed);
  use_up_random_bytes();
}

void end_random_source() {
  source.reset();
  use_up_random_bytes();
}

}  // namespace cosio::test::inline v0_2::kit
#else
namespace cosio::test::inline v0_2::kit {

void seed_random_source(std::uint64_t) {}
void end_random_source() {}

}  // namespace cosio::test::inline v0_2::kit
#endif
