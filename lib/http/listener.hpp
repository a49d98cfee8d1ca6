// The port: accepts TCP connections, adds TLS if it is configured, and gives each connection its strand.
//
//   way in    the kernel -> listener -> http/connection

#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "async/gate.hpp"
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

  /// Opens the port and starts accepting. May be called once.
  /// @return the port.
  /// @throws error errc::address_in_use, errc::bad_argument for a host that is no address; or system_error.
  std::uint16_t open(const std::string& host, std::uint16_t port);

  /// Accepts no more connections; the present ones stay. On strand().
  void close();
  const async::strand& strand() const noexcept { return strand_; }

  /// Open TCP connections, those that left HTTP included.
  std::size_t connections() const noexcept { return open_->count(); }

 private:
  using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, async::executor>;

  static task<> accept_all(std::shared_ptr<listener> self);
  boost::system::error_code accept_waiting();
  void take(base::descriptor fd, const boost::asio::ip::address& peer);
  task<> back_off(boost::system::error_code why);

  const std::shared_ptr<connection_context> shared_;
  const std::shared_ptr<const certificates> secured_;
  const async::strand strand_;
  acceptor acceptor_;
  const std::shared_ptr<async::gate> open_ = std::make_shared<async::gate>();
  std::weak_ptr<async::suspension> pause_;  // while back_off() waits
  bool in_trouble_ = false;                 // accepting failed and has not succeeded since: it is logged once
};

}  // namespace cosio::inline v0_2::http
