// Locks that a compiler can see: mutexes and members with the annotations of Clang's thread safety analysis.
//
// A member that a mutex guards is declared with COSIO_GUARDED_BY(mutex_). A function that expects the mutex to be held
// says COSIO_REQUIRES(mutex_). A function that takes the mutex itself says COSIO_EXCLUDES(mutex_), if a caller could
// hold it. Clang checks this with -Wthread-safety, which is an error in every build of ours with Clang. Other compilers
// see nothing. Source: Clang's documentation, "Thread Safety Analysis".

#pragma once
#include <mutex>

#include "base/small_mutex.hpp"
#include "base/thread_safety.hpp"

namespace cosio::inline v0_2::base {

/// std::mutex with annotations. Any thread; not recursive.
class COSIO_CAPABILITY("mutex") mutex {
 public:
  mutex() = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() COSIO_ACQUIRE() { inner_.lock(); }
  bool try_lock() COSIO_TRY_ACQUIRE(true) { return inner_.try_lock(); }
  void unlock() COSIO_RELEASE() { inner_.unlock(); }

 private:
  std::mutex inner_;
};

/// std::recursive_mutex, annotated: a thread that holds it may lock it again. The analysis knows nothing of the second
/// time: it is no error as long as it is in another function.
class COSIO_CAPABILITY("mutex") recursive_mutex {
 public:
  recursive_mutex() = default;
  recursive_mutex(const recursive_mutex&) = delete;
  recursive_mutex& operator=(const recursive_mutex&) = delete;

  void lock() COSIO_ACQUIRE() { inner_.lock(); }
  void unlock() COSIO_RELEASE() { inner_.unlock(); }

 private:
  std::recursive_mutex inner_;
};

/// Holds a mutex (one of these, or base::small_mutex) until the end of the block. One thread.
template <class Mutex>
class COSIO_SCOPED_CAPABILITY lock_guard {
 public:
  explicit lock_guard(Mutex& held) COSIO_ACQUIRE(held) : held_(held) { held_.lock(); }
  ~lock_guard() COSIO_RELEASE() { held_.unlock(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;

 private:
  Mutex& held_;
};

}  // namespace cosio::inline v0_2::base
