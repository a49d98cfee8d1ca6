// A file descriptor that has one owner.

#pragma once
#include <unistd.h>

#include <utility>

namespace cosio::inline v0_2::base {

/// Closes the descriptor in its destructor. One thread at a time.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, none)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { close(); }

  int get() const noexcept { return fd_; }
  /// Gives the descriptor away.
  int release() noexcept { return std::exchange(fd_, none); }
  /// Afterwards get() is -1: the system may give the number to another file at once.
  void close() noexcept {
    const int fd = std::exchange(fd_, none);
    if (fd != none) ::close(fd);
  }

 private:
  static constexpr int none = -1;
  int fd_;
};

}  // namespace cosio::inline v0_2::base
