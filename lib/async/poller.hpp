// Sockets that one epoll instance watches, behind one wait of Asio's. For Linux. The promises are those of
// watched_socket.hpp.
//
// Asio's own waits cost a system call each and some three hundred bytes per socket. Here a socket is registered once,
// for both directions, edge-triggered. It remembers what the kernel said: waiting again costs nothing but a store.
//
//   the kernel -> poller -> polled_socket -> stream_listener, posted to its strand

#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "async/strand.hpp"
#include "async/stream.hpp"
#include "base/descriptor.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

class poller;

/// A socket that a poller watches. @par Threads  As watched_socket.hpp says.
class polled_socket {
 public:
  /// @throws boost::system::system_error if the system cannot watch another socket.
  polled_socket(boost::asio::io_context& context, base::descriptor fd);
  ~polled_socket();
  polled_socket(const polled_socket&) = delete;
  polled_socket& operator=(const polled_socket&) = delete;

  int fd() const noexcept { return fd_.get(); }
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> who);
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> who);
  void wait_end(const strand& on, std::shared_ptr<stream_listener> who);
  /// The last read filled its buffer. The kernel will not tell of bytes that are left: so the next wait
  /// is told at once.
  void more_to_read() noexcept;
  void close() noexcept;

  /// A hint: listeners may be called in the poller's own turn, which saves the memory and the time of a post.
  static void run_by_one_thread(boost::asio::io_context& context);

 private:
  friend class poller;
  using listener = std::shared_ptr<stream_listener>;

  // The members that an idle socket does not need.
  struct more {
    listener writer;
    std::optional<strand> on;  // of the waits, as long as a listener does not keep it
  };

  void wait(const strand& on, listener who, unsigned direction);
  more& members() COSIO_REQUIRES(mutex_);
  void add(const strand& on, listener who, listener& place) COSIO_REQUIRES(mutex_);
  strand strand_of(const listener& who) const COSIO_REQUIRES(mutex_);

  poller* by_ = nullptr;  // null when its io_context has ended; no thread runs it then
  base::descriptor fd_;
  std::uint32_t generation_ = 0;  // of the descriptor's number, which the system uses again

  base::small_mutex mutex_;
  unsigned char ready_ COSIO_GUARDED_BY(mutex_) = 0;  // of what the kernel told while nobody waited
  bool peer_done_ COSIO_GUARDED_BY(mutex_) = false;   // from now on reading never blocks
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
  bool only_end_ COSIO_GUARDED_BY(mutex_) = false;  // reader_ waits for the end
  listener reader_ COSIO_GUARDED_BY(mutex_);
  std::unique_ptr<more> more_ COSIO_GUARDED_BY(mutex_);
};

/// The epoll instance of an io_context, which owns it as a service.
///
/// @par Threads  Any; guarded by a mutex. collect() holds it while it asks the kernel: so the kernel's answer names no
///               socket that has been removed. Order of locks: the poller's, then a socket's.
class poller final : public boost::asio::execution_context::service {
 public:
  using key_type = poller;
  static boost::asio::execution_context::id id;

  static poller& of(boost::asio::io_context& context);

  explicit poller(boost::asio::execution_context& context);
  ~poller() override;
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

 private:
  friend class polled_socket;
  struct news;

  void add(polled_socket& one) COSIO_EXCLUDES(mutex_);
  void remove(polled_socket& one) noexcept COSIO_EXCLUDES(mutex_);
  void listen() COSIO_REQUIRES(mutex_);
  bool try_to_listen() noexcept COSIO_REQUIRES(mutex_);
  void listen_again() noexcept COSIO_EXCLUDES(mutex_);
  void collect() COSIO_EXCLUDES(mutex_);
  static void note(polled_socket& one, unsigned events, news& out);
  void shutdown() noexcept override;
  bool let_go(std::size_t place) noexcept COSIO_EXCLUDES(mutex_);

  base::mutex mutex_;
  boost::asio::posix::basic_stream_descriptor<executor> epoll_;
  std::vector<polled_socket*> by_fd_ COSIO_GUARDED_BY(mutex_);
  std::size_t watched_ COSIO_GUARDED_BY(mutex_) = 0;
  std::uint32_t generations_ COSIO_GUARDED_BY(mutex_) = 0;
  bool listening_ COSIO_GUARDED_BY(mutex_) = false;
  bool alone_ = false;  // one thread runs the io_context; set before it does
};

}  // namespace cosio::inline v0_2::async
