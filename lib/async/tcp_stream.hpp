// A stream over TCP.

#pragma once
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "async/gate.hpp"
#include "async/stream.hpp"
#include "async/watched_socket.hpp"

namespace cosio::inline v0_2::async {

class tcp_stream final : public stream {
 public:
  /// @param fd            An accepted socket that does not block.
  /// @param peer          The address of its other end.
  /// @param until_closed  Released when the stream is closed.
  /// @throws boost::system::system_error if the system cannot watch another socket.
  tcp_stream(boost::asio::io_context& context, base::descriptor fd, const boost::asio::ip::address& peer,
             gate::pass until_closed = {});
  tcp_stream(const tcp_stream&) = delete;
  tcp_stream& operator=(const tcp_stream&) = delete;

  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override;
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override;
  std::size_t send_file(int file, std::uint64_t at, std::size_t most, boost::system::error_code& ec) noexcept override;
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_end(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string remote_address() const override;
  bool secure() const noexcept override { return false; }

 private:
  gate::pass until_closed_;
  watched_socket socket_;
  const boost::asio::ip::address_v6 peer_;  // a mapped one for IPv4
};

}  // namespace cosio::inline v0_2::async
