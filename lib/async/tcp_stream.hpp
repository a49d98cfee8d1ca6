// A stream over TCP.

#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <memory>

#include "async/gate.hpp"
#include "async/stream.hpp"

namespace cosio::async {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

class tcp_stream final : public stream {
 public:
  /// Takes an accepted socket; makes it non-blocking and turns Nagle's algorithm off.
  /// @param open  If given, counts the streams that live.
  /// @param until_closed  Given back when the stream is closed.
  explicit tcp_stream(tcp_socket socket, std::shared_ptr<std::atomic<std::size_t>> open = nullptr,
                      gate::pass until_closed = {});
  ~tcp_stream() override;
  tcp_stream(const tcp_stream&) = delete;
  tcp_stream& operator=(const tcp_stream&) = delete;

  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override;
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override;
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string remote_address() const override { return remote_address_; }
  bool secure() const noexcept override { return false; }

 private:
  tcp_socket socket_;
  int fd_;  // raw, because writes may run beside waits and must not touch the Asio object
  std::string remote_address_;
  std::shared_ptr<std::atomic<std::size_t>> open_;
  gate::pass until_closed_;
};

}  // namespace cosio::async
