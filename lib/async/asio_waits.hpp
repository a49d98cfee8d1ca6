// Asio's own waits for a socket: for systems without epoll. watched_socket.hpp says what is promised.
//
//   the kernel -> Asio's reactor -> asio_socket's wait -> stream_listener, on its strand

#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>

#include <memory>
#include <optional>

#include "async/strand.hpp"
#include "async/stream.hpp"
#include "base/descriptor.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

class asio_waits;

/// A socket that waits with Asio. @par Threads  As watched_socket.hpp says.
class asio_socket : public boost::intrusive::list_base_hook<> {
 public:
  /// @throws boost::system::system_error if the system cannot watch another socket.
  asio_socket(boost::asio::io_context& context, base::descriptor fd);
  ~asio_socket();
  asio_socket(const asio_socket&) = delete;
  asio_socket& operator=(const asio_socket&) = delete;

  int fd() const noexcept { return fd_.get(); }
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> who);
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> who);
  /// Asio tells of a broken connection, but not of an end behind unread bytes.
  void wait_end(const strand& on, std::shared_ptr<stream_listener> who);
  /// Does nothing: each wait of Asio's asks the system anew.
  void more_to_read() noexcept {}
  void close() noexcept;

  /// Does nothing: Asio knows its threads.
  static void run_by_one_thread(boost::asio::io_context&) noexcept {}

 private:
  friend class asio_waits;

  // The members that must not outlive the io_context.
  struct of_context {
    of_context(boost::asio::io_context& context, int fd);
    ~of_context();

    boost::asio::posix::basic_stream_descriptor<executor> descriptor;  // does not close it
    boost::asio::executor_work_guard<executor> work;
  };

  using wait_type = boost::asio::posix::descriptor_base::wait_type;
  template <class Tell>
  void wait(const strand& on, wait_type direction, Tell tell);

  base::descriptor fd_;
  std::optional<of_context> waiting_;  // empty when the socket is closed or the io_context has ended
  std::shared_ptr<bool> ending_;       // whether a wait for the end is under way; null before the first
  asio_waits& by_;                     // gone when the io_context has ended
  bool closed_ = false;
};

/// The open sockets of an io_context, which owns this list as a service: they let go of the io_context when it ends.
///
/// @par Threads  Any; guarded by a mutex.
class asio_waits final : public boost::asio::execution_context::service {
 public:
  using key_type = asio_waits;
  static boost::asio::execution_context::id id;

  explicit asio_waits(boost::asio::execution_context& context) : service(context) {}

 private:
  friend class asio_socket;

  void add(asio_socket& one) COSIO_EXCLUDES(mutex_);
  void remove(asio_socket& one) noexcept COSIO_EXCLUDES(mutex_);
  asio_socket* next() noexcept COSIO_EXCLUDES(mutex_);
  void shutdown() noexcept override;

  base::mutex mutex_;
  boost::intrusive::list<asio_socket, boost::intrusive::constant_time_size<false>> open_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::async
