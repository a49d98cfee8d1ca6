// The memory that the server asks for, counted: operator new in place of the library's, for the whole program.

#pragma once
#include <cstddef>

namespace cosio::test {

/// Sums since the program began, of what was allocated while a counting_memory lived on the allocating thread.
struct memory_count {
  /// All bytes that were asked for, Asio's memory for operations and coroutines included.
  std::size_t allocated = 0;
  /// Those of operator new that were not given back, by whoever.
  std::size_t kept = 0;
};
memory_count counted_memory() noexcept;

/// As long as it lives, this thread's allocations count.
class counting_memory {
 public:
  counting_memory() noexcept;
  counting_memory(const counting_memory&) = delete;
  counting_memory& operator=(const counting_memory&) = delete;
  ~counting_memory();
};

}  // namespace cosio::test
