// The port: accepts TCP connections, adds TLS if it is configured, and gives each connection its strand.
//
//   way in    the kernel -> listener -> http/connection

#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "async/suspension.hpp"
#include "base/descriptor.hpp"
#include "http/connection.hpp"
#include "http/tls.hpp"

namespace cosio::inline v0_2::http {

/// @par Threads  Any, except where said otherwise.
class listener : public std::enable_shared_from_this<listener> {
 public:
  /// @param secured  Certificates for TLS; null: plain HTTP.
  explicit listener(std::shared_ptr<connection_context> shared, std::shared_ptr<const certificates> secured = nullptr);

  /// Opens the port and starts accepting. Of open() and adopt() one may be called, once.
  /// @param shared  Other processes may listen on it.
  /// @return the port.
  /// @throws error errc::address_in_use, errc::bad_argument for a host that is no address, errc::not_supported when the
  ///               system shares no ports; or system_error.
  std::uint16_t open(const std::string& host, std::uint16_t port, bool shared = false);
  /// Starts accepting on a socket that somebody else has opened; a copy of the descriptor is kept.
  /// @return the port; 0 for a Unix socket.
  /// @throws error errc::bad_argument when it is no listening stream socket of IPv4, IPv6 or Unix; or system_error.
  std::uint16_t adopt(int descriptor);

  /// Accepts no more connections; the present ones stay. On strand().
  void close();
  /// Accepts the connections that wait, unless others accept them, too. Then as close(). On strand().
  void close_behind_waiting();
  const async::strand& strand() const noexcept { return strand_; }
  /// The socket; -1 when it is closed. Before close() only.
  int descriptor() noexcept { return acceptor_.native_handle(); }

 private:
  using acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, async::executor>;

  boost::system::error_code prepare();
  static task<> accept_all(std::shared_ptr<listener> self);
  boost::system::error_code accept_waiting(int most);
  void take(base::descriptor fd, const boost::asio::ip::address& peer);
  task<> back_off(boost::system::error_code why);

  const std::shared_ptr<connection_context> shared_;
  const std::shared_ptr<const certificates> secured_;
  const async::strand strand_;
  acceptor acceptor_;
  std::weak_ptr<async::suspension> pause_;  // while back_off() waits
  bool is_adopted_ = false;
  bool in_trouble_ = false;  // accepting failed and has not succeeded since: it is logged once
};

}  // namespace cosio::inline v0_2::http
