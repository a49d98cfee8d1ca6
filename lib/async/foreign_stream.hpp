// A stream of the application's (<cosio/any_stream.hpp>) as a stream that never blocks.
//
//   way in    byte_stream::read_some() -> 8 KiB of bytes that have arrived -> read_some()
//   way out   write_some() -> bytes that wait, 64 KiB at most -> byte_stream::write_some()
//
// The application's stream tells when an operation is done, and not when it could begin. So a read is under way while
// somebody waits, and what is written is copied. close() sends the copied bytes first, but not for longer than
// linger_time: a kernel does the same for a socket.
//
// The application's stream may live on another io_context than the strand. When ours ends, no step is taken any more.
// The read that is under way there would keep the connection until its peer speaks: so the runtime tells of its end,
// and the application's stream is closed at once.

#pragma once
#include <cosio/any_stream.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "async/gate.hpp"
#include "async/runtime.hpp"
#include "async/stream.hpp"

namespace cosio::inline v0_2::async {

/// The end of a TLS stream of the application's is asio::error::eof, also when it comes without close_notify: requests
/// and frames say themselves where they end, and so an incomplete one is refused all the same.
/// @par Threads  As async::stream says. The application's stream is used on one strand only, which need not be the
///               strand of the waits.
class foreign_stream final : public stream {
 public:
  /// @param of            One that was not moved away.
  /// @param on            The strand on which `of` is used.
  /// @param where         The runtime of this strand. It lives as long as an operation of `of` is under way.
  /// @param until_closed  Released when `of` is closed.
  foreign_stream(http::any_stream of, const strand& on, std::shared_ptr<runtime> where, gate::pass until_closed = {});
  ~foreign_stream() override;
  foreign_stream(const foreign_stream&) = delete;
  foreign_stream& operator=(const foreign_stream&) = delete;

  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override;
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override;
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  /// Nobody is told while bytes before the end are unread.
  void wait_end(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string remote_address() const override { return remote_address_; }
  bool secure() const noexcept override { return secure_; }
  std::string peer_certificate() const override { return certificate_; }

  static constexpr std::size_t read_bytes = 8 * 1024;
  static constexpr std::size_t write_bytes = 64 * 1024;
  /// The time in which a closed stream sends its last bytes.
  static constexpr std::chrono::milliseconds linger_time{2'000};
  /// The time behind that in which the peer may answer a close_notify: ours has left by then, and more is not needed.
  static constexpr std::chrono::milliseconds goodbye_time{200};

 private:
  class shared_state;

  const std::string remote_address_;
  const std::string certificate_;
  const bool secure_;
  const std::shared_ptr<shared_state> state_;
};

}  // namespace cosio::inline v0_2::async
