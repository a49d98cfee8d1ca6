// Sockets and memory streams for tests.

#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace cosio::test {
namespace {

constexpr int seconds_to_wait = 10;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("http client: " + what); }
[[noreturn]] void fail_errno(const std::string& what) { fail(what + ": " + std::strerror(errno)); }

}  // namespace

http_client::http_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) fail_errno("socket");
  const timeval limit{seconds_to_wait, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail_errno("connect");
}

http_client::http_client(http_client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

http_client::~http_client() { close(); }

void http_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) fail_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool http_client::read_more() {
  std::array<char, 65536> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno != ECONNRESET) fail_errno("recv");
  if (n <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

http_answer http_client::read_answer(bool head_only) {
  for (;;) {
    if (auto answer = take_answer(received_, head_only)) return std::move(*answer);
    if (!read_more()) fail("the connection ended without an answer, after: " + received_);
  }
}

std::string http_client::read_to_end() {
  while (read_more()) {
  }
  return std::exchange(received_, {});
}

std::string http_client::read_some() {
  if (received_.empty()) read_more();
  return std::exchange(received_, {});
}

std::string http_client::read(std::size_t bytes) {
  while (received_.size() < bytes)
    if (!read_more()) fail("the connection ended early, after: " + received_);
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return taken;
}

void http_client::shutdown_send() { ::shutdown(fd_, SHUT_WR); }

void http_client::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void http_client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void memory_client::send(std::string_view bytes) {
  for (int stalled = 0; !bytes.empty() && stalled < 2; ++stalled) {
    boost::system::error_code ec;
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const std::size_t n = stream_->write_some({&piece, 1}, ec);
    bytes.remove_prefix(n);
    if (n > 0) stalled = 0;
    if (ec && ec != boost::asio::error::would_block) return;  // the peer is gone: the test sees it in ended()
    world_.settle();
  }
  world_.settle();
}

void memory_client::send_slowly(std::string_view bytes) {
  for (const char& byte : bytes) send({&byte, 1});
}

void memory_client::read_all() {
  world_.settle();
  std::array<char, 65536> buffer;
  while (!ended_) {
    boost::system::error_code ec;
    const std::size_t n = stream_->read_some(buffer, ec);
    received_.append(buffer.data(), n);
    if (ec == boost::asio::error::would_block) return;
    ended_ = static_cast<bool>(ec);
    world_.settle();
  }
}

std::optional<http_answer> memory_client::answer(bool head_only) {
  read_all();
  return take_answer(received_, head_only);
}

http_answer memory_client::ask(std::string_view request) {
  send(request);
  auto there = answer();
  if (!there) fail("no answer, but: " + received_);
  return std::move(*there);
}

std::string memory_client::received() {
  read_all();
  return std::exchange(received_, {});
}

bool memory_client::ended() {
  read_all();
  return ended_;
}

void memory_client::shutdown_send() {
  stream_->shutdown_send();
  world_.settle();
}

void memory_client::close() {
  stream_->close();
  ended_ = true;
  world_.settle();
}

void memory_client::reset() {
  stream_->reset();
  ended_ = true;
  world_.settle();
}

}  // namespace cosio::test
