// A connection without a network: two streams, each the other's peer. For our tests and those of users.
//
// It behaves as TCP where that matters. Its buffers are bounded, so a write can meet would_block. The end of a
// direction arrives behind its bytes. A reset drops the bytes that were not read.

#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "async/stream.hpp"

namespace cosio::inline v0_2::async {

/// One end. A pending wait is no work for an io_context: run() may return.
///
/// @par Threads  As async::stream says; the two ends may be used on different threads.
class memory_stream final : public stream {
 public:
  ~memory_stream() override;
  memory_stream(const memory_stream&) = delete;
  memory_stream& operator=(const memory_stream&) = delete;

  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override;
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override;
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_end(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string remote_address() const override { return remote_address_; }
  bool secure() const noexcept override { return secure_; }

  /// Aborts the connection: the peer's next read or write fails with connection_reset, and unread bytes are lost.
  void reset() noexcept;

  /// From now on the peer's writes fail with this error, as in a system that has no memory for them.
  void refuse_writes(boost::system::error_code with) noexcept;

  /// The bytes that we have written and the peer has not read.
  std::size_t unread_by_peer() const noexcept;

  void remote_address(std::string text) { remote_address_ = std::move(text); }
  void secure(bool on) noexcept { secure_ = on; }

 private:
  struct shared_state;
  friend struct memory_streams;
  memory_stream(std::shared_ptr<shared_state> both, int side);

  std::shared_ptr<shared_state> both_;
  const int side_;
  std::string remote_address_ = "127.0.0.1";
  bool secure_ = false;
};

/// A connected pair.
struct memory_streams {
  /// @param capacity  The bytes that each direction holds before a write would block.
  explicit memory_streams(std::size_t capacity = 64 * 1024);

  std::unique_ptr<memory_stream> near;
  std::unique_ptr<memory_stream> far;
};

}  // namespace cosio::inline v0_2::async
