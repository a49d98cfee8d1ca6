// A stream over TCP: plain system calls carry the bytes, a watched socket waits.

#include "async/tcp_stream.hpp"

#include <sys/socket.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address_v4.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/system_calls.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

error_code last_error() noexcept {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return asio::error::would_block;
  return error_code(errno, boost::system::system_category());
}

}  // namespace

tcp_stream::tcp_stream(asio::io_context& context, base::descriptor fd, const asio::ip::address& peer,
                       gate::pass until_closed)
    : until_closed_(std::move(until_closed)),
      socket_(context, std::move(fd)),
      peer_(peer.is_v6() ? peer.to_v6() : asio::ip::make_address_v6(asio::ip::v4_mapped, peer.to_v4())) {}

std::string tcp_stream::remote_address() const {
  return peer_.is_v4_mapped() ? asio::ip::make_address_v4(asio::ip::v4_mapped, peer_).to_string() : peer_.to_string();
}

std::size_t tcp_stream::read_some(std::span<char> room, error_code& ec) noexcept {
  ssize_t n = 0;
  do n = ::recv(socket_.fd(), room.data(), room.size(), 0);
  while (n < 0 && errno == EINTR);
  if (static_cast<std::size_t>(n) == room.size()) socket_.more_to_read();
  if (n > 0) return static_cast<std::size_t>(n);
  ec = n == 0 ? error_code(asio::error::eof) : last_error();
  return 0;
}

std::size_t tcp_stream::write_some(std::span<const iovec> pieces, error_code& ec) noexcept {
  constexpr int flags = base::send_without_signal | MSG_DONTWAIT;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // the kernel only reads it
  message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
  ssize_t n = 0;
  do
    n = pieces.size() == 1 ? ::send(socket_.fd(), pieces.front().iov_base, pieces.front().iov_len, flags)
                           : ::sendmsg(socket_.fd(), &message, flags);
  while (n < 0 && errno == EINTR);
  if (n >= 0) return static_cast<std::size_t>(n);
  ec = last_error();
  return 0;
}

std::size_t tcp_stream::send_file(int file, std::uint64_t at, std::size_t most, error_code& ec) noexcept {
  std::ptrdiff_t n = 0;
  do n = base::send_file(socket_.fd(), file, at, most);
  while (n < 0 && errno == EINTR);
  if (n > 0) return static_cast<std::size_t>(n);
  if (n == 0 || errno == EIO) {
    ec = asio::error::eof;
  } else {
    ec = errno == ENOSYS || errno == EINVAL ? error_code(asio::error::operation_not_supported) : last_error();
  }
  return 0;
}

void tcp_stream::wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) {
  socket_.wait_readable(on, std::move(listener));
}

void tcp_stream::wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) {
  socket_.wait_writable(on, std::move(listener));
}

void tcp_stream::wait_end(const strand& on, std::shared_ptr<stream_listener> listener) {
  socket_.wait_end(on, std::move(listener));
}

void tcp_stream::shutdown_send() noexcept { ::shutdown(socket_.fd(), SHUT_WR); }

void tcp_stream::close() noexcept {
  socket_.close();
  until_closed_ = {};
}

}  // namespace cosio::inline v0_2::async
