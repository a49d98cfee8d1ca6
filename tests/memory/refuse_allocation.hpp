// Memory that runs out for one thread: the allocation that a test chose throws std::bad_alloc, once. What Asio takes counts where a test says so.

#pragma once
#include <cstddef>

namespace cosio::test {

enum class memory_of {
  the_program,   // what operator new takes
  asio_as_well,  // and what Asio takes for its operations and the frames of coroutines: std::aligned_alloc, as a rule taken once and used again
};
/// From now on the calling thread is the one whose allocations count.
void starve_this_thread(memory_of what = memory_of::the_program) noexcept;
/// Its `number`th allocation from now on, counting from 1, is refused; 0: none.
void refuse_allocation(std::size_t number) noexcept;
/// Whether one has been refused since refuse_allocation().
bool was_refused() noexcept;

}  // namespace cosio::test
