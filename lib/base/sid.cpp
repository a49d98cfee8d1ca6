// Ids from the system's random source, in batches, so that a handshake does not pay for a system call of its own.

#include "base/sid.hpp"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/system_calls.hpp"

namespace cosio::inline v0_2::base {
namespace {

constexpr std::size_t sid_bytes = 15;
constexpr std::array<char, 65> alphabet{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};

std::atomic<unsigned> forks{0};  // how often this process was made by fork()

// A thread's store of random bytes. Each byte is used once and then wiped. A child of fork() does not use the bytes of
// its parent.
class random_pool {
 public:
  random_pool() {
    static const int registered =
        ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    if (registered != 0) throw std::system_error(registered, std::generic_category(), "pthread_atfork");
  }

  unsigned char next() {
    if (used_ == bytes_.size() || forks_ != forks.load(std::memory_order_relaxed)) refill();
    const unsigned char byte = bytes_[used_];
    bytes_[used_++] = 0;
    return byte;
  }

 private:
  void refill() {
    std::size_t have = 0;
    while (have < bytes_.size()) {
      const std::ptrdiff_t n = random_bytes(bytes_.data() + have, bytes_.size() - have);
      if (n < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "drawing random bytes");
      if (n > 0) have += static_cast<std::size_t>(n);
    }
    used_ = 0;
    forks_ = forks.load(std::memory_order_relaxed);
  }

  std::array<unsigned char, sid_bytes * 16> bytes_{};  // 240: up to 256 bytes getrandom(2) is never interrupted
  std::size_t used_ = sizeof(bytes_);
  unsigned forks_ = 0;  // value of forks when the bytes were drawn
};

}  // namespace

std::string new_sid() {
  thread_local random_pool pool;
  std::string id(sid_size, '\0');
  for (std::size_t i = 0; i < sid_size; i += 4) {
    const unsigned a = pool.next();
    const unsigned b = pool.next();
    const unsigned c = pool.next();
    const unsigned bits = a << 16 | b << 8 | c;
    id[i] = alphabet[bits >> 18 & 63];
    id[i + 1] = alphabet[bits >> 12 & 63];
    id[i + 2] = alphabet[bits >> 6 & 63];
    id[i + 3] = alphabet[bits & 63];
  }
  return id;
}

}  // namespace cosio::inline v0_2::base
