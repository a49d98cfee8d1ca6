// The bytes between a client and its server: TCP, or TLS on it. An AsyncStream of Asio, for Beast.

#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <utility>

#include "async/strand.hpp"
#include "client/tls_client.hpp"

namespace cosio::inline v0_2::clients {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, async::strand>;

/// @par Threads  On its strand. Operations that are under way need it: close() it, and keep it until they have ended.
class net_stream {
 public:
  using executor_type = async::strand;
  using tls_layer = boost::asio::ssl::stream<tcp_socket&>;

  explicit net_stream(tcp_socket connected) : socket_(std::move(connected)) {}
  net_stream(const net_stream&) = delete;
  net_stream& operator=(const net_stream&) = delete;

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  tcp_socket& socket() noexcept { return socket_; }

  /// From now on bytes go through TLS, behind a handshake, which the caller makes with the layer.
  tls_layer& add_tls(boost::asio::ssl::context& with) {
    tls_ = std::make_unique<tls_layer>(socket_, with);
    return *tls_;
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& room, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& to) {
          if (tls_) {
            tls_->async_read_some(to, std::move(handler));
          } else {
            socket_.async_read_some(to, std::move(handler));
          }
        },
        token, room);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& bytes, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_) {
            tls_->async_write_some(from, std::move(handler));
          } else {
            socket_.async_write_some(from, std::move(handler));
          }
        },
        token, bytes);
  }

  /// Whether the peer has ended an idle connection, or sent something that nobody asked for.
  bool has_news() noexcept {
    boost::system::error_code ec;
    char one = 0;
    socket_.non_blocking(true, ec);
    if (ec) return true;
    socket_.receive(boost::asio::buffer(&one, 1), boost::asio::socket_base::message_peek, ec);
    return ec != boost::asio::error::would_block;
  }

  /// Operations under way end with an error. Idempotent.
  void close() noexcept {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  tcp_socket socket_;
  std::unique_ptr<tls_layer> tls_;
};

}  // namespace cosio::inline v0_2::clients
