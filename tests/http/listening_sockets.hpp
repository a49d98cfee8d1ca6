// Listening sockets that a test opens itself, as a service manager would.

#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace cosio::test {

/// A folder that goes with the test.
class scratch_folder {
 public:
  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cosio-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    path_ = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A variable of the environment, for the time of a test.
class variable {
 public:
  variable(std::string name, const std::optional<std::string>& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) {
    if (value) ::setenv(name_.c_str(), value->c_str(), 1);
    if (!value) ::unsetenv(name_.c_str());
  }
  std::string name_;
  std::optional<std::string> before_;
};

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof(at.sun_path)) throw std::runtime_error("a path that is too long: " + path);
  std::memcpy(at.sun_path, path.data(), path.size());
  return at;
}

template <class Address>
base::descriptor bound(int type, const Address& at) {
  base::descriptor fd(::socket(reinterpret_cast<const sockaddr*>(&at)->sa_family, type | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    throw std::runtime_error(std::string("bind: ") + std::strerror(errno));
  return fd;
}

template <class Address>
base::descriptor listening_at(const Address& at) {
  auto fd = bound(SOCK_STREAM, at);
  if (::listen(fd.get(), 128) != 0) throw std::runtime_error("listen");
  return fd;
}

inline sockaddr_in loopback_4() {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

inline sockaddr_in6 loopback_6() {
  sockaddr_in6 at{};
  at.sin6_family = AF_INET6;
  at.sin6_addr = in6addr_loopback;
  return at;
}

/// The port of an IPv4 or IPv6 socket.
inline std::uint16_t port_of(int fd) {
  sockaddr_in6 at{};  // both have the port at one place
  socklen_t size = sizeof at;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) throw std::runtime_error("getsockname");
  return ntohs(at.sin6_port);
}

/// Connects, sends a request that ends the connection, and reads all that comes; ten seconds at most.
template <class Address>
std::string asked_at(const Address& at, std::string_view request) {
  const base::descriptor fd(::socket(reinterpret_cast<const sockaddr*>(&at)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval longest{10, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("connect");
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("send");
  std::string out;
  char room[4096];
  for (ssize_t n = 0; (n = ::recv(fd.get(), room, sizeof room, 0)) > 0;) out.append(room, static_cast<std::size_t>(n));
  return out;
}

}  // namespace cosio::test
