// TLS of a client: whom it trusts, and which name it demands.

#pragma once
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <cosio/engine_client_options.hpp>

#include <memory>
#include <string>
#include <vector>

namespace cosio::inline v0_2::clients {

/// What all connections of a client to one server have in common. Clients with equal files share what was read of them,
/// because the authorities of a system are some hundred certificates.
/// @par Threads  Immutable.
class tls_client {
 public:
  /// @param host  The host of the URL.
  /// @throws error errc::bad_certificate for a file that cannot be used, errc::bad_argument for a pin that is none.
  tls_client(const client_tls_options& options, std::string host);

  boost::asio::ssl::context& context() const noexcept { return *context_; }
  /// Before the handshake. @return false for a name that cannot be used.
  bool prepare(SSL& connection) const;
  /// Behind the handshake: whether the key of the server is one of the pinned, if there are any.
  bool has_pinned_key(const SSL& connection) const;
  /// A sentence about a handshake that failed.
  std::string explain(const SSL& connection, const boost::system::error_code& ec) const;

 private:
  const std::shared_ptr<boost::asio::ssl::context> context_;
  const std::string name_;
  const bool verify_;
  std::vector<std::string> pins_;  // 32 bytes each
};

}  // namespace cosio::inline v0_2::clients
