// A byte stream that never blocks: TCP, TLS, or memory in tests. Reads and writes answer at once; waiting is separate, so
// that an idle connection holds no buffer.

#pragma once
#include <boost/system/error_code.hpp>

#include <sys/uio.h>
#include <cosio/task.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "async/strand.hpp"

namespace cosio::async {

/// Whom a stream tells that it can go on. Called on the strand given to wait_readable() or wait_writable().
class stream_listener {
 public:
  virtual ~stream_listener() = default;
  /// Bytes, the peer's end or an error can be read; or `ec` is operation_aborted: the stream was closed.
  virtual void on_readable(boost::system::error_code ec) = 0;
  /// Room to write; or operation_aborted.
  virtual void on_writable(boost::system::error_code ec) = 0;
};

/// Both ways of one connection.
///
/// @par Threads  read_some, the waits and close on one strand. write_some may run on any thread beside them, one at a time, but never
///               beside close(): whoever closes makes sure that no write is under way.
class stream {
 public:
  virtual ~stream() = default;

  /// Reads what is there. @return bytes; 0 with asio::error::would_block, asio::error::eof or another error.
  virtual std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept = 0;

  /// Writes what fits, gathered, in one system call. @return bytes; 0 with would_block or another error.
  virtual std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept = 0;

  /// Tells `listener` once, on `on`, when there is something to read. At most one such wait at a time.
  virtual void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) = 0;
  virtual void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) = 0;

  /// Sends the end of our direction; reading goes on.
  virtual void shutdown_send() noexcept = 0;

  /// Ends both directions. Waits end with operation_aborted. Idempotent.
  virtual void close() noexcept = 0;

  /// The peer's address as text, without port: "127.0.0.1".
  virtual std::string remote_address() const = 0;
  virtual bool secure() const noexcept = 0;
};

/// Waits until the stream can be read. @return success or operation_aborted. The stream must outlive the wait.
/// @par Strand  Resumes on the awaiting coroutine's executor, which must be `on`.
task<boost::system::error_code> readable(stream& from, strand on);
task<boost::system::error_code> writable(stream& to, strand on);

/// Writes all of `bytes`, waiting for room as often as needed. @return success or the first error.
task<boost::system::error_code> write_all(stream& to, strand on, std::string bytes);

}  // namespace cosio::async
