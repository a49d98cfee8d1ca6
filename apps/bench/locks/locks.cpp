// Counts the locks that a program takes, by the places that take them. It is loaded in front of the C library.
//
//   LD_PRELOAD=libbench_locks.so COSIO_LOCKS_FILE=out bench_server …  ->  a line for each place, when the program ends:
//   the offset in the program, how often taken, how often another thread held the lock, nanoseconds held
//
// A hold of more than 1 ms is not in the nanoseconds: its thread had lost the processor. Mutexes that do not go through
// the C library (base::small_mutex) are not seen, except where a thread sleeps for them.

#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

struct place {
  const void* caller = nullptr;
  std::uint64_t taken = 0;
  std::uint64_t contended = 0;
  std::uint64_t ticks = 0;
  std::uint64_t holds = 0;  // those in `ticks`
};

struct hold {
  const void* mutex;
  place* at;
  std::uint64_t since;
};

constexpr std::size_t most_places = 1024;  // a power of two
constexpr std::size_t most_holds = 16;
constexpr double longest_hold = 1'000'000;  // nanoseconds

// The counts of one thread. It outlives the thread.
struct thread_counts {
  std::array<place, most_places> places;
  std::array<hold, most_holds> holds;
  std::size_t held;
  std::uint64_t sleeps;  // in a futex that std::atomic waits on
  thread_counts* next;
};

std::atomic<thread_counts*> all_counts{nullptr};
thread_local thread_counts* own_counts __attribute__((tls_model("initial-exec"))) = nullptr;

std::int64_t nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// A clock that costs less than what it measures.
std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<std::uint64_t>(nanoseconds());
#endif
}

double measure_ticks() {
  constexpr std::int64_t long_enough = 1'000'000;
  const std::int64_t from = nanoseconds();
  const std::uint64_t before = ticks();
  std::int64_t lasted = 0;
  while (lasted < long_enough) lasted = nanoseconds() - from;
  return static_cast<double>(ticks() - before) / static_cast<double>(lasted);
}

double ticks_of_a_nanosecond() {
  static const double measured = measure_ticks();
  return measured;
}

// The function of this name in the C library. Conditions have an older one, which dlsym() may find first.
template <class F>
F* following(const char* name, const char* version = nullptr) {
  void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : nullptr;
  if (found == nullptr) found = dlsym(RTLD_NEXT, name);
  return reinterpret_cast<F*>(found);
}

// Not from the heap: the program's allocations stay as they are.
thread_counts* counts() {
  if (own_counts != nullptr) return own_counts;
  void* const memory = mmap(nullptr, sizeof(thread_counts), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  own_counts = static_cast<thread_counts*>(memory);
  own_counts->next = all_counts.load();
  while (!all_counts.compare_exchange_weak(own_counts->next, own_counts)) {
  }
  return own_counts;
}

place* place_of(thread_counts& mine, const void* caller) {
  const auto hash = (reinterpret_cast<std::uintptr_t>(caller) * 0x9E3779B97F4A7C15U) >> 20;
  for (std::size_t i = 0; i < most_places; ++i) {
    place& one = mine.places[(hash + i) % most_places];
    if (one.caller == nullptr) one.caller = caller;
    if (one.caller == caller) return &one;
  }
  std::abort();
}

void took(const void* mutex, const void* caller, bool contended) {
  thread_counts& mine = *counts();
  place* const at = place_of(mine, caller);
  ++at->taken;
  if (contended) ++at->contended;
  if (mine.held < most_holds) mine.holds[mine.held++] = {mutex, at, ticks()};
}

// @return the place that had taken the mutex; null when that is not known.
place* released(const void* mutex) {
  const std::uint64_t now = ticks();
  thread_counts& mine = *counts();
  for (std::size_t i = mine.held; i-- > 0;) {
    if (mine.holds[i].mutex != mutex) continue;
    const hold was = mine.holds[i];
    mine.holds[i] = mine.holds[--mine.held];
    const std::uint64_t lasted = now - was.since;
    if (static_cast<double>(lasted) <= longest_hold * ticks_of_a_nanosecond()) {
      was.at->ticks += lasted;
      ++was.at->holds;
    }
    return was.at;
  }
  return nullptr;
}

// A wait for a condition gives the mutex back meanwhile.
template <class F>
int waiting(const void* mutex, F wait) {
  place* const at = released(mutex);
  const int result = wait();
  thread_counts& mine = *counts();
  if (at != nullptr && mine.held < most_holds) mine.holds[mine.held++] = {mutex, at, ticks()};
  return result;
}

void print(std::FILE* to, const place& one) {
  Dl_info found{};
  if (dladdr(one.caller, &found) == 0) return;
  const auto offset = reinterpret_cast<std::uintptr_t>(one.caller) - reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  const auto held = static_cast<double>(one.ticks) / ticks_of_a_nanosecond();
  std::fprintf(to, "%s 0x%jx %ju %ju %ju %.0f\n", found.dli_fname, static_cast<std::uintmax_t>(offset),
               static_cast<std::uintmax_t>(one.taken), static_cast<std::uintmax_t>(one.contended),
               static_cast<std::uintmax_t>(one.holds), held);
}

// Places of the same function on two threads are two lines: the reader adds them.
__attribute__((destructor)) void print_all() {
  const char* const name = std::getenv("COSIO_LOCKS_FILE");
  if (name == nullptr) return;
  std::FILE* const to = std::fopen(name, "w");
  if (to == nullptr) return;
  std::uint64_t sleeps = 0;
  for (const thread_counts* of = all_counts.load(); of != nullptr; of = of->next) {
    sleeps += of->sleeps;
    for (const place& one : of->places)
      if (one.taken != 0) print(to, one);
  }
  std::fprintf(to, "sleeps %ju\n", static_cast<std::uintmax_t>(sleeps));
  std::fclose(to);
}

}  // namespace

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static auto* const lock = following<int(pthread_mutex_t*)>("pthread_mutex_lock");
  static auto* const try_lock = following<int(pthread_mutex_t*)>("pthread_mutex_trylock");
  int result = try_lock(mutex);
  const bool contended = result == EBUSY;
  if (contended) result = lock(mutex);
  if (result == 0) took(mutex, __builtin_return_address(0), contended);
  return result;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  static auto* const try_lock = following<int(pthread_mutex_t*)>("pthread_mutex_trylock");
  const int result = try_lock(mutex);
  if (result == 0) took(mutex, __builtin_return_address(0), false);
  return result;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  static auto* const unlock = following<int(pthread_mutex_t*)>("pthread_mutex_unlock");
  released(mutex);
  return unlock(mutex);
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  static auto* const wait = following<int(pthread_cond_t*, pthread_mutex_t*)>("pthread_cond_wait", "GLIBC_2.3.2");
  return waiting(mutex, [=] { return wait(condition, mutex); });
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static auto* const wait =
      following<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait", "GLIBC_2.3.2");
  return waiting(mutex, [=] { return wait(condition, mutex, until); });
}

// std::atomic waits with this one.
long syscall(long number, ...) {
  static auto* const call = following<long(long, long, long, long, long, long, long)>("syscall");
  constexpr int wait = 0;  // FUTEX_WAIT
  constexpr long command = 127;
  std::va_list rest;
  va_start(rest, number);
  std::array<long, 6> a{};
  for (long& one : a) one = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_futex && (a[1] & command) == wait) ++counts()->sleeps;
  return call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // extern "C"
