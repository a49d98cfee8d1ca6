// Sockets: epoll, accept, read, write.

#include "floor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace bench {
namespace {

constexpr std::size_t buffer_size = 262'144;
constexpr std::size_t least_room = 65'536;

void check(bool fine, const char* what) {
  if (!fine) throw std::system_error(errno, std::generic_category(), what);
}

std::size_t descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return std::min<std::size_t>(limit.rlim_max, 65'536);
}

void watch(int epoll, int operation, int fd, bool room) {
  epoll_event what{};
  what.events = EPOLLIN;
  if (room) what.events |= EPOLLOUT;
  what.data.fd = fd;
  check(epoll_ctl(epoll, operation, fd, &what) == 0, "epoll_ctl");
}

int listen_on(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  sockaddr_in here{};
  socklen_t size = sizeof here;
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(bind(fd, reinterpret_cast<sockaddr*>(&here), size) == 0 && listen(fd, 4'096) == 0, "listen");
  getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size);
  port = ntohs(here.sin_port);
  return fd;
}

}  // namespace

floor_server::floor_server(std::uint16_t port, bool gathers, tls_context* secure)
    : epoll_(epoll_create1(0)),
      port_(port),
      gathers_(gathers),
      secure_(secure),
      buffer_(buffer_size),
      connections_(descriptors()),
      sessions_(1) {
  listener_ = listen_on(port_);
  watch(epoll_, EPOLL_CTL_ADD, listener_, false);
}

void floor_server::run() {
  std::array<epoll_event, 512> ready;
  for (;;) {
    const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& what = ready[static_cast<std::size_t>(i)];
      if (what.data.fd == listener_) {
        accept_all();
        continue;
      }
      if ((what.events & EPOLLOUT) != 0) on_writable(what.data.fd);
      if ((what.events & ~std::uint32_t{EPOLLOUT}) != 0) on_readable(what.data.fd);
    }
  }
}

void floor_server::accept_all() {
  for (int fd = 0; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    connection& fresh = connections_.at(static_cast<std::size_t>(fd));
    fresh.is = kind::http;
    if (secure_ != nullptr) fresh.tls = std::make_unique<tls_channel>(*secure_, fd);
    watch(epoll_, EPOLL_CTL_ADD, fd, false);
  }
}

void floor_server::on_readable(int fd) {
  while (read_once(fd)) {
  }
}

// @return whether OpenSSL may have more, of which epoll does not tell
bool floor_server::read_once(int fd) {
  connection& of = connections_[static_cast<std::size_t>(fd)];
  const bool fresh = of.in.empty();
  const std::span<char> room = fresh ? std::span<char>(buffer_) : of.in.room(least_room);
  const ssize_t got = of.tls ? of.tls->recv(room) : recv(fd, room.data(), room.size(), 0);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) return part(fd), false;
  if (!fresh) of.in.grew(static_cast<std::size_t>(got));
  const std::span<char> bytes = fresh ? room.first(static_cast<std::size_t>(got)) : of.in.bytes();
  std::size_t used = 0;
  if (of.is == kind::http) used = serve_requests(fd, bytes.data(), bytes.size());
  if (of.is == kind::websocket) used += serve_frames(fd, bytes.data() + used, bytes.size() - used);
  if (of.is == kind::closed) return false;
  const bool more = of.tls && static_cast<std::size_t>(got) == room.size();
  if (fresh) {
    of.in.append(bytes.subspan(used));
  } else {
    of.in.drop_front(used);
  }
  return more;
}

void floor_server::on_writable(int fd) {
  connection& of = connections_[static_cast<std::size_t>(fd)];
  if (of.is == kind::closed) return;
  const std::string_view waiting(of.out.bytes().data(), of.out.bytes().size());
  const ssize_t sent = of.tls ? of.tls->send(waiting) : ::send(fd, waiting.data(), waiting.size(), MSG_NOSIGNAL);
  if (sent > 0) of.out.drop_front(static_cast<std::size_t>(sent));
  if (of.out.empty()) wait_for_room(fd, false);
}

void floor_server::part(int fd) {
  connection& of = connections_[static_cast<std::size_t>(fd)];
  if (of.is == kind::websocket) {
    connections_[static_cast<std::size_t>(members_.back())].place = of.place;
    members_[of.place] = members_.back();
    members_.pop_back();
    for (auto& room : rooms_) std::erase(room, fd);
  }
  of = connection();
  ::close(fd);
}

void floor_server::send(int fd, const char* bytes, std::size_t count) {
  connection& of = connections_[static_cast<std::size_t>(fd)];
  std::size_t done = 0;
  if (of.out.empty()) {
    const ssize_t sent = of.tls ? of.tls->send({bytes, count}) : ::send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(count)) return;
    if (sent < 0 && errno != EAGAIN) return;  // reading reports the error
    done = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  }
  of.out.append({bytes + done, count - done});
  if (!of.waits_for_room) wait_for_room(fd, true);
}

void floor_server::wait_for_room(int fd, bool on) {
  watch(epoll_, EPOLL_CTL_MOD, fd, on);
  connections_[static_cast<std::size_t>(fd)].waits_for_room = on;
}

}  // namespace bench
