// operator new with a note in front of each block: its size if it counts.

#include "cost/counted_memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace cosio::test {
namespace {

thread_local bool counts = false;
std::atomic<std::size_t> allocated{0};
std::atomic<std::size_t> kept{0};

constexpr std::size_t note_size = alignof(std::max_align_t);  // keeps what malloc aligned aligned

// @param room  what stands in front of the block: at least note_size bytes, which keep its alignment
void* with_note(void* memory, std::size_t room, std::size_t size) noexcept {
  if (memory == nullptr) return nullptr;
  const std::size_t counted = counts ? size : 0;
  allocated += counted;
  kept += counted;
  char* const block = static_cast<char*>(memory) + room;
  std::memcpy(block - sizeof(std::size_t), &counted, sizeof(counted));
  return block;
}

void give_back(void* block, std::size_t room) noexcept {
  if (block == nullptr) return;
  std::size_t counted = 0;
  std::memcpy(&counted, static_cast<char*>(block) - sizeof(std::size_t), sizeof(counted));
  kept -= counted;
  std::free(static_cast<char*>(block) - room);
}

void* allocate(std::size_t size) noexcept { return with_note(std::malloc(size + note_size), note_size, size); }

std::size_t room_of(std::align_val_t alignment) noexcept {
  return std::max(note_size, static_cast<std::size_t>(alignment));
}

}  // namespace

memory_count counted_memory() noexcept { return {allocated, kept}; }
counting_memory::counting_memory() noexcept { counts = true; }
counting_memory::~counting_memory() { counts = false; }

}  // namespace cosio::test

using namespace cosio::test;

// Asio's allocations, which std::free gives back: only their sum can be known.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  void* memory = nullptr;
  if (counts) allocated += size;
  return ::posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) == 0 ? memory : nullptr;
}
void* operator new(std::size_t size) {
  if (void* const block = allocate(size)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const std::size_t room = room_of(alignment);
  void* memory = nullptr;
  if (::posix_memalign(&memory, room, size + room) != 0) throw std::bad_alloc();
  return with_note(memory, room, size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* block) noexcept { give_back(block, note_size); }
void operator delete(void* block, const std::nothrow_t&) noexcept { give_back(block, note_size); }
void operator delete(void* block, std::size_t) noexcept { give_back(block, note_size); }
void operator delete(void* block, std::align_val_t alignment) noexcept { give_back(block, room_of(alignment)); }
void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
  give_back(block, room_of(alignment));
}
