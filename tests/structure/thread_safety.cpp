// Accesses that Clang's thread safety analysis must refuse. thread_safety.sh compiles this file without BAD, which must
// succeed, and once for each case with BAD set to its number, which must fail.

#include "base/guarded.hpp"
#include "base/small_mutex.hpp"

#ifndef BAD
#define BAD 0
#endif

namespace {

template <class Mutex>
class guarded {
 public:
  void right() {
    const cosio::base::lock_guard lock(mutex_);
    ++value_;
    expects_lock();
  }
  void wrong() {
#if BAD == 1  // error: requires holding mutex
    ++value_;
#elif BAD == 2   // error: requires holding mutex
    expects_lock();
#elif BAD == 3   // error: requires holding mutex
    const cosio::base::lock_guard lock(other_);
    ++value_;
#elif BAD == 4   // error: requires holding mutex
    {
      const cosio::base::lock_guard lock(mutex_);
    }
    ++value_;
#elif BAD == 5   // error: cannot call function 'takes_lock' while mutex
    const cosio::base::lock_guard lock(mutex_);
    takes_lock();
#elif BAD == 6   // error: acquiring mutex
    const cosio::base::lock_guard lock(mutex_);
    const cosio::base::lock_guard again(mutex_);
#elif BAD == 7   // error: requires holding mutex
    const auto later = [this] { ++value_; };
    later();
#elif BAD == 8   // error: is still held at the end of function
    mutex_.lock();
#elif BAD == 9   // error: by reference requires holding mutex
    change(value_);
#elif BAD == 10  // error: requires holding mutex
    ++*pointer_;
#endif
  }

 private:
  static void change(int& value) { ++value; }
  void expects_lock() COSIO_REQUIRES(mutex_) { ++value_; }
  void takes_lock() COSIO_EXCLUDES(mutex_) { const cosio::base::lock_guard lock(mutex_); }

  Mutex mutex_;
  Mutex other_;
  int value_ COSIO_GUARDED_BY(mutex_) = 0;
  int* pointer_ COSIO_PT_GUARDED_BY(mutex_) = &value_;
};

}  // namespace

int main() {
  guarded<cosio::base::mutex> one;
  one.right();
  one.wrong();
  guarded<cosio::base::small_mutex> two;
  two.right();
  two.wrong();
}
