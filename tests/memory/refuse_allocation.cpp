// operator new in place of the library's, for the whole program.

#include "memory/refuse_allocation.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace cosio::test {
namespace {

thread_local bool starving = false;
thread_local memory_of starves = memory_of::the_program;
std::atomic<std::size_t> left{0};
std::atomic<bool> refused{false};

// Asio of Boost 1.81 crashes when a strand gets its first allocation and not the others: a count of references and
// a mutex.
bool belongs_to_strand(std::size_t size) noexcept {
  return size == 3 * sizeof(void*) || size == sizeof(pthread_mutex_t);
}

bool refuses(std::size_t size) noexcept {
  if (!starving || belongs_to_strand(size)) return false;
  const std::size_t now = left;
  if (now == 0) return false;
  left = now - 1;
  if (now > 1) return false;
  refused = true;
  return true;
}

// The job that schedules a strand is smaller.
constexpr std::size_t smallest_frame = 192;

bool refuses_asio(std::size_t size) noexcept {
  if (starves == memory_of::the_program) return false;
  return (starves == memory_of::asio_as_well || size >= smallest_frame) && refuses(size);
}

}  // namespace

void starve_this_thread(memory_of what) noexcept {
  starving = true;
  starves = what;
}
void refuse_allocation(std::size_t number) noexcept {
  refused = false;
  left = number;
}
bool was_refused() noexcept { return refused; }

}  // namespace cosio::test

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  void* memory = nullptr;
  if (cosio::test::refuses_asio(size)) return nullptr;
  return ::posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) == 0 ? memory : nullptr;
}
void* operator new(std::size_t size) {
  if (cosio::test::refuses(size)) throw std::bad_alloc();
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (cosio::test::refuses(size)) throw std::bad_alloc();
  const auto step = static_cast<std::size_t>(alignment);
  if (void* const memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return cosio::test::refuses(size) ? nullptr : std::malloc(size == 0 ? 1 : size);
}
// The runtime of AddressSanitizer has an operator of its own for arrays, which does not call the one for an object.
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
void* operator new[](std::size_t size, const std::nothrow_t& none) noexcept { return operator new(size, none); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
