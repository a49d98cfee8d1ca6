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
#include <cstdint>
#include <ctime>
#include <string_view>

#if defined(__linux__)
#include <sys/sendfile.h>
#include <sys/syscall.h>
#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif
#endif

namespace cosio::inline v0_2::base {

/// Flag of send(2) and sendmsg(2): if the peer is gone, it is an error of the call and no signal for the process.
/// Systems without this flag have an option of the socket, which accept_in_steps() sets.
#if defined(MSG_NOSIGNAL)
inline constexpr int send_without_signal = MSG_NOSIGNAL;
#else
inline constexpr int send_without_signal = 0;
#endif

/// While it lives, the calling thread gets no SIGPIPE. For calls that have no flag for that. Use it on one thread.
class pipe_signal_held {
 public:
  pipe_signal_held() noexcept {
    const sigset_t pipe = pipe_signal();
    held_ = ::pthread_sigmask(SIG_BLOCK, &pipe, &before_) == 0;
    was_held_ = held_ && ::sigismember(&before_, SIGPIPE) == 1;
    was_pending_ = was_held_ && is_pending();
  }
  pipe_signal_held(const pipe_signal_held&) = delete;
  pipe_signal_held& operator=(const pipe_signal_held&) = delete;
  ~pipe_signal_held() {
    if (held_ && !was_held_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  explicit operator bool() const noexcept { return held_; }

  /// Takes away the signal that a call in this time has raised. Keeps errno.
  void take() const noexcept {
    const int why = errno;
    int taken = 0;
    const sigset_t pipe = pipe_signal();
    if (held_ && !was_pending_ && is_pending()) ::sigwait(&pipe, &taken);
    errno = why;
  }

 private:
  static sigset_t pipe_signal() noexcept {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    return pipe;
  }
  static bool is_pending() noexcept {
    sigset_t pending;
    return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGPIPE) == 1;
  }

  sigset_t before_{};
  bool held_ = false;
  bool was_held_ = false;     // by the thread itself
  bool was_pending_ = false;  // a signal that is not ours
};

/// write(2) of a whole text to a file or pipe, without SIGPIPE when its reader is gone. Errors are ignored.
inline void write_without_signal(int fd, std::string_view text) noexcept {
  const pipe_signal_held held;
  if (!held) return;
  bool failed = false;
  while (!text.empty() && !failed) {
    const ::ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) text.remove_prefix(static_cast<std::size_t>(n));
    failed = n < 0 && errno != EINTR;
  }
  if (failed) held.take();
}

/// Sends bytes of a file to a socket that does not block, from the place `at` of the file on. The bytes are not copied
/// into this process. Raises no SIGPIPE.
/// @return how many; 0 at the end of the file; or -1, and errno says why: ENOSYS where there is no such call, EINVAL
///         for a file that it does not support.
inline std::ptrdiff_t send_file([[maybe_unused]] int socket, [[maybe_unused]] int file,
                                [[maybe_unused]] std::uint64_t at, [[maybe_unused]] std::size_t most) noexcept {
#if defined(__linux__)
  const pipe_signal_held held;  // sendfile(2) has no flags
  auto from = static_cast<off_t>(at);
  const ::ssize_t n = ::sendfile(socket, file, &from, most);
  // A call that fails behind its first bytes returns these, and has raised the signal all the same.
  const bool may_have_failed = n < 0 ? errno == EPIPE : static_cast<std::size_t>(n) < most;
  if (may_have_failed) held.take();
  return n;
#else
  errno = ENOSYS;
  return -1;
#endif
}

/// open(2) for reading that follows no link, in no part of the path. Does not wait for the other end of a pipe.
/// @return the descriptor; or -1, and errno says why: ELOOP for a link, ENOSYS where there is no such call. In a
///         sandbox it may be another error.
inline int open_without_links([[maybe_unused]] const char* path) noexcept {
#if defined(RESOLVE_NO_SYMLINKS)
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
#else
  errno = ENOSYS;
  return -1;
#endif
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

/// As open_pipe(), with calls that every POSIX system has. A program started between these calls inherits the ends.
inline int open_pipe_in_steps(int* ends) noexcept {
  if (::pipe(ends) != 0) return -1;
  if (::fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0) return 0;
  const int why = errno;
  ::close(ends[0]);
  ::close(ends[1]);
  errno = why;
  return -1;
}

/// pipe(2): both ends are closed on exec.
/// @param ends  Two: the one to read from, and the one to write to.
/// @return 0; or -1, and errno says why.
inline int open_pipe(int* ends) noexcept {
#if defined(__linux__)
  return ::pipe2(ends, O_CLOEXEC);
#else
  return open_pipe_in_steps(ends);
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
