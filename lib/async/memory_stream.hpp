// A connection without a network: two streams, each the other's peer. For tests, ours and the users'.
//
// It behaves as TCP does where that matters: room is bounded, so that writing would block; an end arrives behind the
// bytes; a reset throws away what was not read.

#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "async/stream.hpp"

namespace cosio::async {

/// One end. A wait that is under way is no work for an io_context: run() may return.
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
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string remote_address() const override { return remote_address_; }
  bool secure() const noexcept override { return secure_; }

  /// Ends the connection the hard way: the peer's next read or write fails with connection_reset, unread bytes are
  /// lost.
  void reset() noexcept;

  /// From now on nothing that the peer writes is taken, as where a system has no memory for it: its writes fail with this error.
  void refuse_writes(boost::system::error_code with) noexcept;

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
  /// @param capacity  Bytes that may be under way in each direction.
  explicit memory_streams(std::size_t capacity = 64 * 1024);

  std::unique_ptr<memory_stream> near;
  std::unique_ptr<memory_stream> far;
};

}  // namespace cosio::async
