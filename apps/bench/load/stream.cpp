// Sockets, and the bytes that wait on either side of them.

#include "stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t least_room = 65'536;
constexpr std::uint32_t loopback_net = 127;

[[noreturn]] void fail_with(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::string error_text(int code) { return std::generic_category().message(code); }

bool is_loopback(const sockaddr_storage& peer) {
  if (peer.ss_family != AF_INET) return false;
  sockaddr_in four{};
  std::memcpy(&four, &peer, sizeof four);
  return ntohl(four.sin_addr.s_addr) >> 24 == loopback_net;
}

// Connections to this machine come from many addresses 127.x.y.z, so that lingering ones never use up the ports of
// one address.
void spread_source(int fd, std::uint32_t number) {
  constexpr std::uint32_t streams_per_address = 4'096;
  const auto process = static_cast<std::uint32_t>(getpid());
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(loopback_net << 24 | (process % 240 + 1) << 16 | (process / 240 % 200) << 8 |
                               (number / streams_per_address + 1));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) fail_with("bind");
}

}  // namespace

void stream::open(const sockaddr_storage& peer, socklen_t size, tls_context* secure) {
  fd_ = socket(peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail_with("no socket for another connection; is `ulimit -n` too low?");
  secure_ = secure;
  connected_ = false;
  waits_for_room_ = true;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::uint32_t number = loop_.next_number();
  if (is_loopback(peer)) spread_source(fd_, number);
  const int outcome = connect(fd_, reinterpret_cast<const sockaddr*>(&peer), size);
  if (outcome != 0 && errno != EINPROGRESS) return fail(error_text(errno));
  loop_.add(*this, fd_);
}

void stream::send(std::string_view bytes) {
  if (!is_open()) return;
  std::size_t sent = 0;
  if (connected_ && out_.empty()) {
    const ssize_t taken = give(bytes);
    if (taken < 0 && errno != EAGAIN) return fail(last_failure());
    sent = static_cast<std::size_t>(std::max<ssize_t>(taken, 0));
  }
  if (sent == bytes.size()) return;
  out_.append(bytes.substr(sent));
  if (!waits_for_room_) loop_.wait_for_room(*this, fd_, waits_for_room_ = true);
}

void stream::close() noexcept {
  if (!is_open()) return;
  tls_.reset();
  ::close(fd_);
  fd_ = -1;
  in_ = byte_buffer();
  out_ = byte_buffer();
}

void stream::on_readable() {
  while (read_once()) {
  }
  if (tls_ && is_open() && !out_.empty() && !waits_for_room_) send_waiting();  // it waited for the handshake
}

// @return whether there may be more
bool stream::read_once() {
  const bool fresh = in_.empty();
  const std::size_t wanted = std::max(expected_, least_room);
  const std::span<char> room = fresh ? loop_.shared_buffer() : in_.room(wanted);
  const ssize_t got = take(room);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) return fail(got == 0 ? "the server closed the connection" : last_failure()), false;
  loop_.stamp();
  const auto count = static_cast<std::size_t>(got);
  expected_ = 0;
  hand_over(room.first(count));
  user_.on_read_done(*this);
  return is_open() && count == room.size();
}

void stream::hand_over(std::span<char> fresh) {
  if (in_.empty()) {
    const std::size_t used = user_.on_bytes(*this, fresh);
    if (is_open()) in_.append(fresh.subspan(used));
    return;
  }
  // Held here, so that the bytes stay valid when the stream is closed meanwhile.
  byte_buffer held = std::exchange(in_, byte_buffer());
  held.grew(fresh.size());
  const std::size_t used = user_.on_bytes(*this, held.bytes());
  held.drop_front(used);
  if (is_open()) in_ = std::move(held);
}

void stream::on_writable() {
  if (!connected_) {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) return fail(error_text(problem));
    connected_ = true;
    if (secure_ != nullptr) tls_ = std::make_unique<tls_channel>(*secure_, fd_);
  }
  send_waiting();
}

void stream::send_waiting() {
  if (!out_.empty()) {
    const ssize_t taken = give({out_.bytes().data(), out_.bytes().size()});
    if (taken < 0 && errno != EAGAIN) return fail(last_failure());
    out_.drop_front(static_cast<std::size_t>(std::max<ssize_t>(taken, 0)));
  }
  // During the handshake of TLS the answer of the server comes next, and not room.
  const bool wants_room = !out_.empty() && (!tls_ || tls_->is_ready());
  if (wants_room != waits_for_room_) loop_.wait_for_room(*this, fd_, waits_for_room_ = wants_room);
}

ssize_t stream::take(std::span<char> room) {
  return tls_ ? tls_->recv(room) : ::recv(fd_, room.data(), room.size(), 0);
}

ssize_t stream::give(std::string_view bytes) {
  return tls_ ? tls_->send(bytes) : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string stream::last_failure() const {
  return tls_ && !tls_->failure().empty() ? tls_->failure() : error_text(errno);
}

void stream::fail(std::string_view why) {
  const std::string reason(why);
  close();
  user_.on_closed(*this, reason);
}

}  // namespace bench
