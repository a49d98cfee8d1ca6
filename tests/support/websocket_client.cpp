// Blocking sockets and the server's half of RFC 6455 framing, read strictly.

#include "support/websocket_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace cosio::test {
namespace {

constexpr int seconds_to_wait = 10;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("websocket client: " + what); }
[[noreturn]] void fail_errno(const std::string& what) { fail(what + ": " + std::strerror(errno)); }

int open_connection(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail_errno("socket");
  const timeval limit{seconds_to_wait, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  fail_errno("connect");
}

}  // namespace

websocket_client::websocket_client(std::uint16_t port, std::string_view target, std::string_view more_headers,
                                   std::string_view glued)
    : websocket_client(open_connection(port)) {  // it exists from here on: what throws below closes it
  send(websocket_request(target, more_headers) + std::string(glued));
  for (;;) {
    if (auto answer = take_answer(received_)) {
      accepted_ = std::move(*answer);
      break;
    }
    if (!read_more()) fail("the connection ended during the handshake");
  }
  if (accepted_.status != 101) fail("refused with " + std::to_string(accepted_.status) + ": " + accepted_.body);
}

websocket_client::websocket_client(websocket_client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)), accepted_(std::move(other.accepted_)) {}

websocket_client::~websocket_client() { close(); }

void websocket_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) fail_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void websocket_client::send_bytewise(std::string_view bytes) {
  for (const char& byte : bytes) send({&byte, 1});
}

bool websocket_client::read_more() {
  std::array<char, 65536> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno != ECONNRESET) fail_errno("recv");
  if (n <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

std::optional<server_frame> websocket_client::next() {
  for (;;) {
    if (auto frame = take_frame(received_)) return frame;
    if (!read_more()) {
      if (!received_.empty()) fail("the connection ended inside a frame");
      return std::nullopt;
    }
  }
}

server_frame websocket_client::expect(std::uint8_t op) {
  auto frame = next();
  if (!frame) fail("the connection ended instead of a frame of type " + std::to_string(op));
  if (frame->op != op)
    fail("a frame of type " + std::to_string(frame->op) + " instead of " + std::to_string(op) + ": " + frame->payload);
  return std::move(*frame);
}

std::string websocket_client::text() { return expect(0x1).payload; }
std::string websocket_client::binary() { return expect(0x2).payload; }
std::uint16_t websocket_client::close_code() { return expect(0x8).close_code(); }

void websocket_client::small_receive_buffer() {
  const int bytes = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void websocket_client::shutdown_send() { ::shutdown(fd_, SHUT_WR); }

void websocket_client::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void websocket_client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace cosio::test
