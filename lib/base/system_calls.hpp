// System calls that not every system has under the same name. All differences between POSIX systems stand here, except
// waiting for sockets (async/watched_socket.hpp).
//
// The forms for other systems compile and are tested on Linux too, where Linux has what they need. For sources only.

#pragma once
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <string_view>

namespace cosio::inline v0_2::base {

/// Flag of send(2) and sendmsg(2): if the peer is gone, it is an error of the call and no signal for the process.
/// Systems without this flag have an option of the socket, which accept_in_steps() sets.
#if defined(MSG_NOSIGNAL)
inline constexpr int send_without_signal = MSG_NOSIGNAL;
#else
inline constexpr int send_without_signal = 0;
#endif

/// write(2) of a whole text to a file or pipe, without SIGPIPE when its reader is gone. Errors are ignored.
inline void write_without_signal(int fd, std::string_view text) noexcept {
  const auto is_pending = [] {
    sigset_t pending;
    return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGPIPE) == 1;
  };
  sigset_t pipe;
  sigset_t before;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  if (::pthread_sigmask(SIG_BLOCK, &pipe, &before) != 0) return;
  const bool was_pending = is_pending();
  bool failed = false;
  while (!text.empty() && !failed) {
    const ::ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) text.remove_prefix(static_cast<std::size_t>(n));
    failed = n < 0 && errno != EINTR;
  }
  int taken = 0;
  if (failed && !was_pending && is_pending()) ::sigwait(&pipe, &taken);  // the signal of this call
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// As accept_socket(), with calls that every POSIX system has. A program started between these calls
/// inherits the socket.
inline int accept_in_steps(int listener, sockaddr* peer, socklen_t* size) noexcept {
  const int fd = ::accept(listener, peer, size);
  if (fd < 0) return fd;
  bool ready = ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
#if defined(SO_NOSIGPIPE)
  const int on = 1;
  ready = ready && ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) == 0;
#endif
  if (ready) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

/// accept(2): the new socket does not block, is closed on exec, and never raises SIGPIPE with send_without_signal.
/// @return its descriptor; or -1, and errno says why.
inline int accept_socket(int listener, sockaddr* peer, socklen_t* size) noexcept {
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  return ::accept4(listener, peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
  return accept_in_steps(listener, peer, size);
#endif
}

/// As random_bytes(), for systems that have getentropy(3) only. It takes 256 bytes at most at a time.
inline std::ptrdiff_t random_by_getentropy(void* to, std::size_t size) noexcept {
  size = std::min<std::size_t>(size, 256);
  return ::getentropy(to, size) == 0 ? static_cast<std::ptrdiff_t>(size) : -1;
}

/// Bytes from the system's random source. @return how many, perhaps fewer than `size`; or -1, and errno says why.
inline std::ptrdiff_t random_bytes(void* to, std::size_t size) noexcept {
#if defined(GRND_NONBLOCK)
  return ::getrandom(to, size, 0);
#else
  return random_by_getentropy(to, size);
#endif
}

/// Flags of open(2) for a directory in which files are opened; it need not be readable. A link is no directory.
#if defined(O_PATH)
inline constexpr int search_directory = O_PATH | O_DIRECTORY | O_CLOEXEC;
#elif defined(O_SEARCH)
inline constexpr int search_directory = O_SEARCH | O_DIRECTORY | O_CLOEXEC;
#else
inline constexpr int search_directory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif

/// The time of a file's last change, as exact as the system knows it.
inline timespec modified(const struct stat& file) noexcept {
#if defined(__APPLE__)
  return file.st_mtimespec;
#else
  return file.st_mtim;
#endif
}

}  // namespace cosio::inline v0_2::base
