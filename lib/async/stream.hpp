// A byte stream that never blocks: TCP, TLS, or memory in tests. Reads and writes return at once. Waiting is a call of
// its own, so that an idle connection holds no buffer.

#pragma once
#include <boost/system/error_code.hpp>

#include <sys/uio.h>
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "async/strand.hpp"

namespace cosio::inline v0_2::async {

/// The receiver of a stream's readiness. It is called on the strand given to wait_readable() or wait_writable().
class stream_listener {
 public:
  virtual ~stream_listener() = default;
  /// Bytes, the peer's end or an error can be read. Or `ec` is operation_aborted: the stream was closed.
  virtual void on_readable(boost::system::error_code ec) = 0;
  /// There is room to write. Or `ec` is operation_aborted.
  virtual void on_writable(boost::system::error_code ec) = 0;
  /// The peer has ended its direction, or the connection is broken. Or `ec` is operation_aborted.
  virtual void on_end(boost::system::error_code ec) { on_readable(ec); }
  /// The strand of its waits, if the listener keeps it and names it in all of them: then a stream need not keep it.
  /// Any thread; never changes.
  virtual const strand* told_on() const noexcept { return nullptr; }
};

/// The listener of a place where `waiting` may wait already: `next`, or one that tells both. @throws std::bad_alloc
std::shared_ptr<stream_listener> joined(std::shared_ptr<stream_listener> waiting,
                                        std::shared_ptr<stream_listener> next);

/// Both directions of one connection.
///
/// @par Threads  read_some(), the waits and close() on one strand. write_some() and send_file() may run on any thread
///               beside them, one call at a time, but never beside close(): its caller makes sure of that.
class stream {
 public:
  virtual ~stream() = default;

  /// Reads the bytes that have arrived. @return how many; 0 with asio::error::would_block,
  /// asio::error::eof or another error.
  virtual std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept = 0;

  /// Writes as many bytes as fit, all pieces in one system call. @return how many; 0 with would_block or another error.
  /// Over TLS there may be bytes beside would_block.
  virtual std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept = 0;

  /// Writes bytes of an open file, from the place `at` of the file on. The bytes are not read into this process.
  /// @return how many; 0 with would_block, asio::error::eof (the file ends before `at`, or cannot be read),
  /// asio::error::operation_not_supported (the caller must read the file itself) or another error.
  virtual std::size_t send_file(int file, std::uint64_t at, std::size_t most, boost::system::error_code& ec) noexcept;

  /// Tells `listener` once, on `on`, when there is something to read. A second listener joins the first: both are told.
  /// So a stream on top may wait in one direction below for both of its own. `on` is the same for all.
  virtual void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) = 0;
  /// Tells `listener` once, on `on`, when there is room to write. A second listener joins the first.
  virtual void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) = 0;

  /// Tells `listener` once, on `on`, when the peer has ended its direction or the connection is broken, although bytes
  /// before the end may be unread. It is for a reader that pauses: it takes the place of wait_readable(). A stream that
  /// the system does not tell of the end, tells nobody.
  virtual void wait_end(const strand& on, std::shared_ptr<stream_listener> listener) = 0;

  /// Sends the end of our direction. Reading goes on.
  virtual void shutdown_send() noexcept = 0;

  /// Ends both directions. Waits end with operation_aborted. Idempotent.
  virtual void close() noexcept = 0;

  /// The peer's address as text, without port: "127.0.0.1".
  virtual std::string remote_address() const = 0;
  virtual bool secure() const noexcept = 0;
  /// The certificate that the peer has shown, as PEM text, once it was verified. Empty without one.
  virtual std::string peer_certificate() const { return {}; }
};

/// Waits until the stream can be read. @return success or operation_aborted. The stream must outlive the wait.
/// @par Strand  Resumes on the awaiting coroutine's executor, which must be `on`.
task<boost::system::error_code> readable(stream& from, strand on);
task<boost::system::error_code> writable(stream& to, strand on);

/// Writes all of `bytes`, waiting for room as often as needed. @return success or the first error.
task<boost::system::error_code> write_all(stream& to, strand on, std::string bytes);

}  // namespace cosio::inline v0_2::async
