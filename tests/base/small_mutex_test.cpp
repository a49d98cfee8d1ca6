// A mutex of four bytes.

#include "base/small_mutex.hpp"

#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using cosio::base::small_mutex;

TEST_CASE("a small mutex is held by one at a time", "[base][small_mutex]") {
  static_assert(sizeof(small_mutex) == 4);
  small_mutex mutex;
  int taken = 0;
  for (int turn = 0; turn < 2; ++turn) {
    if (!mutex.try_lock()) continue;
    ++taken;
    const bool taken_twice = mutex.try_lock();
    CHECK_FALSE(taken_twice);
    mutex.unlock();
  }
  CHECK(taken == 2);
}

TEST_CASE("threads that compete for a small mutex all get it, one after the other", "[base][small_mutex]") {
  small_mutex mutex;
  std::size_t counted = 0;  // guarded by it
  constexpr std::size_t turns = 20'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t turn = 0; turn < turns; ++turn) {
        const std::lock_guard lock(mutex);
        ++counted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(counted == 4 * turns);
}

TEST_CASE("a thread that waits for a small mutex sleeps until it is let go", "[base][small_mutex]") {
  small_mutex mutex;
  int value = 0;  // guarded by it
  mutex.lock();
  std::thread other([&] {
    const std::lock_guard lock(mutex);
    value *= 2;
  });
  value = 21;
  mutex.unlock();
  other.join();
  CHECK(value == 42);
}
