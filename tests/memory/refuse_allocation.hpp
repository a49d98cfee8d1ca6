// Memory that runs out for one thread: the allocation that a test chose throws std::bad_alloc, once. Asio's allocations
// count only if a test says so.

#pragma once
#include <cstddef>

namespace cosio::test {

enum class memory_of {
  the_program,  // allocations of operator new
  // Also the frames of coroutines, and large operations of Asio's: std::aligned_alloc. Small ones are not refused. One
  // of them schedules a strand: Asio of Boost 1.81 (strand_executor_service.hpp) locks the strand before it allocates
  // that, so that the strand never runs again; and it allocates it in a destructor, which ends the process.
  frames_as_well,
  // Also Asio's memory for its operations and the frames of coroutines: std::aligned_alloc. As a rule it is allocated
  // once and used again.
  asio_as_well,
};
/// From now on the calling thread is the one whose allocations count.
void starve_this_thread(memory_of what = memory_of::the_program) noexcept;
/// Its `number`th allocation from now on, counting from 1, is refused; 0: none.
void refuse_allocation(std::size_t number) noexcept;
/// Whether one has been refused since refuse_allocation().
bool was_refused() noexcept;

}  // namespace cosio::test
