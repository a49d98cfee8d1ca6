// A mutex of four bytes. Every connection has several mutexes, and a std::mutex takes forty bytes. Without competition
// this one is also faster.

#pragma once
#include <atomic>

#include "base/thread_safety.hpp"

namespace cosio::inline v0_2::base {

/// Any thread. A thread that waits sleeps in the kernel (std::atomic's wait). Not recursive, not fair. Used
/// with base::lock_guard.
class COSIO_CAPABILITY("mutex") small_mutex {
 public:
  small_mutex() = default;
  small_mutex(const small_mutex&) = delete;
  small_mutex& operator=(const small_mutex&) = delete;

  void lock() noexcept COSIO_ACQUIRE() {
    int now = free;
    if (!state_.compare_exchange_strong(now, held, std::memory_order_acquire, std::memory_order_relaxed)) wait();
  }
  bool try_lock() noexcept COSIO_TRY_ACQUIRE(true) {
    int now = free;
    return state_.compare_exchange_strong(now, held, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() noexcept COSIO_RELEASE() {
    if (state_.exchange(free, std::memory_order_release) == awaited) state_.notify_one();
  }

 private:
  static constexpr int free = 0;
  static constexpr int held = 1;
  static constexpr int awaited = 2;  // held, and somebody waits

  void wait() noexcept {
    while (state_.exchange(awaited, std::memory_order_acquire) != free) state_.wait(awaited, std::memory_order_relaxed);
  }

  std::atomic<int> state_{free};
};

}  // namespace cosio::inline v0_2::base
