// One epoll, and the data that all streams of a run share: the buffer that they read into, and the time of the
// present read.

#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "clock.hpp"

namespace bench {

class stream;

/// The event loop of the load client. One thread; streams outlive every turn that may name them.
class loop {
 public:
  /// @param spin  never sleeps, so that no server pays for waking the load client
  explicit loop(bool spin);
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  void add(stream& who, int fd);
  void wait_for_room(stream& who, int fd, bool on);
  /// Reports no more events of the descriptor.
  void forget(int fd);

  /// Serves the ready streams, and waits for them no longer than this.
  void turn(nanoseconds at_most);
  /// Runs for this time.
  void run_for(nanoseconds duration);

  std::span<char> shared_buffer() noexcept { return {buffer_.get(), buffer_size}; }
  /// The time at which the bytes that are being handled were read.
  clock::time_point read_at() const noexcept { return read_at_; }
  void stamp() noexcept { read_at_ = clock::now(); }
  /// Numbers streams in the order of their opening.
  std::uint32_t next_number() noexcept { return next_number_++; }

 private:
  static constexpr std::size_t buffer_size = 1'048'576;

  int epoll_;
  bool spin_;
  std::unique_ptr<char[]> buffer_;
  clock::time_point read_at_;
  std::uint32_t next_number_ = 0;
};

}  // namespace bench
