// A stream over TCP: plain system calls for bytes, Asio for waiting.

#include "async/tcp_stream.hpp"

#include <sys/socket.h>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace cosio::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

error_code last_error() noexcept {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return asio::error::would_block;
  return error_code(errno, boost::system::system_category());
}

}  // namespace

tcp_stream::tcp_stream(tcp_socket socket, std::shared_ptr<std::atomic<std::size_t>> open, gate::pass until_closed)
    : socket_(std::move(socket)),
      fd_(socket_.native_handle()),
      open_(std::move(open)),
      until_closed_(std::move(until_closed)) {
  if (open_) open_->fetch_add(1, std::memory_order_relaxed);
  error_code ignored;  // a peer that is gone already shows on the first read
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  if (!ignored) {
    const auto address = peer.address();
    const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    remote_address_ =
        mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string() : address.to_string();
  }
}

tcp_stream::~tcp_stream() {
  if (open_) open_->fetch_sub(1, std::memory_order_relaxed);
}

std::size_t tcp_stream::read_some(std::span<char> room, error_code& ec) noexcept {
  ssize_t n = 0;
  do n = ::recv(fd_, room.data(), room.size(), 0);
  while (n < 0 && errno == EINTR);
  if (n > 0) return static_cast<std::size_t>(n);
  ec = n == 0 ? error_code(asio::error::eof) : last_error();
  return 0;
}

std::size_t tcp_stream::write_some(std::span<const iovec> pieces, error_code& ec) noexcept {
  constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // the kernel only reads it
  message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
  ssize_t n = 0;
  do
    n = pieces.size() == 1 ? ::send(fd_, pieces.front().iov_base, pieces.front().iov_len, flags)
                           : ::sendmsg(fd_, &message, flags);
  while (n < 0 && errno == EINTR);
  if (n >= 0) return static_cast<std::size_t>(n);
  ec = last_error();
  return 0;
}

void tcp_stream::wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) {
  socket_.async_wait(tcp_socket::wait_read,
                     asio::bind_executor(on, [l = std::move(listener)](error_code ec) { l->on_readable(ec); }));
}

void tcp_stream::wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) {
  socket_.async_wait(tcp_socket::wait_write,
                     asio::bind_executor(on, [l = std::move(listener)](error_code ec) { l->on_writable(ec); }));
}

void tcp_stream::shutdown_send() noexcept {
  error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

void tcp_stream::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
  until_closed_ = {};
}

}  // namespace cosio::async
