// Memory that runs out for one thread: the allocation that a test chose throws std::bad_alloc, once.

#pragma once
#include <cstddef>

namespace cosio::test {

/// From now on the calling thread is the one whose allocations count.
void starve_this_thread() noexcept;
/// Its `number`th allocation from now on, counting from 1, is refused; 0: none.
void refuse_allocation(std::size_t number) noexcept;
/// Whether one has been refused since refuse_allocation().
bool was_refused() noexcept;

}  // namespace cosio::test
