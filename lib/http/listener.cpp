// Accepting connections, also when the system has no more sockets.

#include "http/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "async/spawn.hpp"
#include "async/tcp_stream.hpp"
#include "async/wait_until.hpp"
#include "base/error.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/system_calls.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr int backlog = 4096;
constexpr int accepts_at_once = 64;  // then other work on this thread gets its time
constexpr auto back_off_time = 100ms;
constexpr std::size_t longest_host = 253;  // RFC 1035: 255 bytes with those around its text

tcp::endpoint endpoint_of(const std::string& host, std::uint16_t port, asio::io_context& io) {
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (!ec) return {address, port};
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(host, std::to_string(port), tcp::resolver::passive | tcp::resolver::numeric_service, ec);
  if (ec || found.empty())
    throw error(errc::bad_argument, "cannot listen on the host " + base::quoted(host, longest_host) +
                                        ", which has no address here; give an IP address such as 0.0.0.0");
  return found.begin()->endpoint();
}

// Whether the error concerns one connection only, which ended (or its network did) before it was accepted. accept(2)
// reports such errors as its own. The next connection is not concerned.
bool is_of_one_peer(int error) noexcept {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
#ifdef ENONET
    case ENONET:
#endif
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

// Of a socket that a descriptor names. @return false when it has no such option, or is no socket.
bool get_option(int fd, int name, int& value) noexcept {
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0;
}

union any_address {
  sockaddr of_any;
  sockaddr_in of_4;
  sockaddr_in6 of_6;
  sockaddr_storage room;
};

// The family of a socket that listens. @throws error errc::bad_argument for any other descriptor.
int family_of(int fd) {
  int is_listening = 0;
  int type = 0;
  any_address own{};
  socklen_t size = sizeof(own);
  const bool is_fit = get_option(fd, SO_ACCEPTCONN, is_listening) && is_listening != 0 &&
                      get_option(fd, SO_TYPE, type) && type == SOCK_STREAM &&
                      ::getsockname(fd, &own.of_any, &size) == 0;
  const int family = own.of_any.sa_family;
  if (is_fit && (family == AF_INET || family == AF_INET6 || family == AF_UNIX)) return family;
  throw error(errc::bad_argument,
              "descriptor " + std::to_string(fd) +
                  " cannot be listened on: options.sockets takes sockets of TCP or Unix that listen");
}

// The port of a socket; 0 for one without ports.
std::uint16_t port_of(int fd) noexcept {
  any_address own{};
  socklen_t size = sizeof(own);
  if (::getsockname(fd, &own.of_any, &size) != 0) return 0;
  if (own.of_any.sa_family == AF_INET) return ntohs(own.of_4.sin_port);
  return own.of_any.sa_family == AF_INET6 ? ntohs(own.of_6.sin6_port) : std::uint16_t{0};
}

// A client of a Unix socket is on this machine, and has no address of its own.
asio::ip::address address_of(const any_address& peer) {
  if (peer.of_any.sa_family == AF_INET) return asio::ip::address_v4(ntohl(peer.of_4.sin_addr.s_addr));
  if (peer.of_any.sa_family != AF_INET6) return asio::ip::address_v4::loopback();
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &peer.of_6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, peer.of_6.sin6_scope_id);
}

error_code share_port([[maybe_unused]] int fd) {
#if defined(SO_REUSEPORT)
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) return {};
  return {errno, boost::system::system_category()};
#else
  throw error(errc::not_supported,
              "this system does not let several processes listen on one port: reuse_port is not "
              "supported here");
#endif
}

[[noreturn]] void refuse(const tcp::endpoint& at, const error_code& ec) {
  const std::string where = at.address().to_string() + " port " + std::to_string(at.port());
  if (ec == asio::error::address_in_use)
    throw error(errc::address_in_use, where + " is in use; choose another port, or 0 for a free one");
  if (ec == asio::error::access_denied)
    throw error(errc::address_in_use, where + " may not be used by this process; ports below 1024 need privileges");
  if (ec == boost::system::errc::address_not_available)
    throw error(errc::bad_argument,
                where + " cannot be listened on: this machine has no such address; 0.0.0.0 stands for all that it has");
  throw boost::system::system_error(base::without_place(ec), "cannot listen on " + where);
}

}  // namespace

listener::listener(std::shared_ptr<connection_context> shared, std::shared_ptr<const certificates> secured)
    : shared_(std::move(shared)),
      secured_(std::move(secured)),
      strand_(shared_->runtime->make_strand()),
      acceptor_(shared_->runtime->get_executor()) {}

std::uint16_t listener::open(const std::string& host, std::uint16_t port, bool shared) {
  const tcp::endpoint at = endpoint_of(host, port, shared_->runtime->context());
  error_code ec;
  acceptor_.open(asio::generic::stream_protocol(at.protocol()), ec);
  if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec && shared) ec = share_port(acceptor_.native_handle());
  if (!ec && at.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false), ec);
  if (!ec) acceptor_.bind(at, ec);
  if (!ec) ec = prepare();
  if (!ec) acceptor_.listen(backlog, ec);
  if (ec) refuse(at, ec);
  async::spawn(strand_, "http", accept_all(shared_from_this()));
  return port_of(acceptor_.native_handle());
}

// Accepted sockets inherit both options. A byte of urgent data is a byte like any other, and stays in the stream.
error_code listener::prepare() {
  error_code ec;
  acceptor_.set_option(tcp::no_delay(true), ec);
  if (!ec) acceptor_.set_option(asio::socket_base::out_of_band_inline(true), ec);
  if (!ec) acceptor_.native_non_blocking(true, ec);
  return ec;
}

std::uint16_t listener::adopt(int descriptor) {
  const int family = family_of(descriptor);
  base::descriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  error_code ec;
  if (copy.get() < 0) ec = {errno, boost::system::system_category()};
  if (!ec) acceptor_.assign(asio::generic::stream_protocol(family, 0), copy.get(), ec);
  if (!ec) copy.release();
  if (!ec && family != AF_UNIX) ec = prepare();
  if (!ec && family == AF_UNIX) acceptor_.native_non_blocking(true, ec);
  if (ec)
    throw boost::system::system_error(base::without_place(ec),
                                      "cannot listen on descriptor " + std::to_string(descriptor));
  is_adopted_ = true;
  async::spawn(strand_, "http", accept_all(shared_from_this()));
  return port_of(acceptor_.native_handle());
}

void listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  if (const auto pausing = pause_.lock()) pausing->end();
}

// Those that wait at a socket of this process only would be reset.
void listener::close_behind_waiting() {
  if (acceptor_.is_open() && !is_adopted_) {
    const error_code ec = accept_waiting(backlog);
    if (ec) base::log(log_level::warn, "http", "connections were lost when the port closed: " + ec.message());
  }
  close();
}

task<> listener::accept_all(std::shared_ptr<listener> self) {
  while (self->acceptor_.is_open()) {
    error_code ec;
    try {
      co_await self->acceptor_.async_wait(acceptor::wait_read, asio::redirect_error(asio::use_awaitable, ec));
    } catch (const std::bad_alloc&) {
      ec = make_error_code(boost::system::errc::not_enough_memory);
    }
    if (!self->acceptor_.is_open()) co_return;
    if (!ec) ec = self->accept_waiting(accepts_at_once);
    if (ec) co_await self->back_off(ec);
  }
}

// Accepts the connections that wait, at most so many. @return why no more can be accepted.
error_code listener::accept_waiting(int most) {
  for (int taken = 0; taken < most; ++taken) {
    any_address peer{};
    socklen_t size = sizeof(peer);
    const int fd = base::accept_socket(acceptor_.native_handle(), &peer.of_any, &size);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
      if (is_of_one_peer(errno)) continue;
      return {errno, boost::system::system_category()};
    }
    try {
      take(base::descriptor(fd), address_of(peer));
    } catch (const boost::system::system_error& e) {
      return e.code();
    } catch (const std::bad_alloc&) {
      return make_error_code(boost::system::errc::not_enough_memory);
    }
    in_trouble_ = false;
  }
  return {};
}

void listener::take(base::descriptor fd, const asio::ip::address& peer) {
  const std::size_t most = shared_->options.max_connections;
  std::unique_ptr<async::stream> stream = std::make_unique<async::tcp_stream>(
      shared_->runtime->context(), std::move(fd), peer, async::gate::pass(shared_->accepted));
  const bool welcome = most == 0 || shared_->accepted->count() <= most;
  if (!welcome) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  if (secured_) {
    if (!welcome) return;  // a TLS handshake would cost more than the refusal is worth
    stream = secured_->secure(std::move(stream));
  }
  if (welcome) {
    connection::start(std::move(stream), shared_->runtime->make_strand(), shared_);
    return;
  }
  std::string full = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  const iovec piece{full.data(), full.size()};
  error_code ignored;
  stream->write_some({&piece, 1}, ignored);
  stream->shutdown_send();
}

// Waits a little when there are no file descriptors or no memory: the next accept would fail at once.
task<> listener::back_off(error_code why) {
  if (!std::exchange(in_trouble_, true))
    base::log(log_level::error, "http", "cannot accept connections, trying again every 100 ms: " + why.message());
  auto& timers = shared_->runtime->timers();
  auto until_closed = [this](std::weak_ptr<async::suspension> pausing) { pause_ = std::move(pausing); };
  co_await async::wait_until(timers, timers.after(back_off_time), std::move(until_closed));
}

}  // namespace cosio::inline v0_2::http
