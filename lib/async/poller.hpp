// Which sockets can be read or written: one epoll instance, told once of each socket, behind one wait of Asio's.
//
// Asio's own waits cost a system call each and some three hundred bytes per socket. Here a socket is registered once, for
// both directions, edge-triggered, and remembers what it was told: waiting again costs nothing but a store.
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

namespace cosio::async {

class poller;

/// A non-blocking socket that a poller watches. Owns the descriptor.
///
/// @par Threads  On one strand, as the waits of a stream are.
class polled_socket {
 public:
  /// @throws boost::system::system_error when the system cannot watch another socket.
  polled_socket(boost::asio::io_context& context, base::descriptor fd);
  ~polled_socket();
  polled_socket(const polled_socket&) = delete;
  polled_socket& operator=(const polled_socket&) = delete;

  int fd() const noexcept { return fd_.get(); }

  /// Tells `who` once, on `on`. Told too often rather than too seldom: what is tried then may still block.
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> who);
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> who);
  /// The last read filled its buffer: the next wait is told at once.
  void more_to_read() noexcept;

  /// Closes the descriptor; waits end with operation_aborted. Idempotent.
  void close() noexcept;

 private:
  friend class poller;
  using listener = std::shared_ptr<stream_listener>;

  void wait(const strand& on, listener who, listener polled_socket::* place, unsigned direction);

  poller* by_ = nullptr;  // null when its io_context has ended
  base::descriptor fd_;
  std::uint32_t generation_ = 0;  // of the descriptor's number, which the system uses again

  base::small_mutex mutex_;
  unsigned char ready_ = 0;  // directions that were told of while nobody waited
  bool peer_done_ = false;   // from now on reading never blocks
  bool closed_ = false;
  listener reader_;
  listener writer_;
  std::optional<strand> on_;  // of those who wait
};

/// The epoll instance of an io_context, which owns it as a service.
///
/// While it watches a socket, io_context::run() has work. Any thread; guarded by its own mutex, which is held over the
/// question to the kernel: so nothing is heard of a socket that has been removed.
class poller final : public boost::asio::execution_context::service {
 public:
  using key_type = poller;
  static boost::asio::execution_context::id id;

  static poller& of(boost::asio::io_context& context);

  /// One thread runs the io_context, now and later. Before it does.
  void run_by_one_thread() noexcept { alone_ = true; }

  explicit poller(boost::asio::execution_context& context);
  ~poller() override;
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

 private:
  friend class polled_socket;
  struct news;

  void add(polled_socket& one);
  void remove(polled_socket& one) noexcept;
  void listen();  // with mutex_ held
  void collect();
  static void note(polled_socket& one, unsigned events, news& out);
  void shutdown() noexcept override;

  base::mutex mutex_;
  boost::asio::posix::basic_stream_descriptor<executor> epoll_;
  std::vector<polled_socket*> by_fd_;
  std::size_t watched_ = 0;
  std::uint32_t generations_ = 0;
  bool listening_ = false;
  bool alone_ = false;  // one thread runs the io_context
};

}  // namespace cosio::async
