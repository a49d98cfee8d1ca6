// The client's address when proxies stand between the client and this server.
//
//   engine/engine -> trusted_proxies::seen_through() -> the address that handshakes, logs and applications see

#pragma once
#include <boost/asio/ip/address.hpp>

#include <cosio/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::http {

/// The proxies whose headers are believed. Immutable: any thread.
class trusted_proxies {
 public:
  /// @param list  Addresses ("10.1.2.3", "::1") and networks ("10.0.0.0/8", "fd00::/8").
  /// @param header  The header that they write: "X-Forwarded-For" or "Forwarded". The other one is not read, because a
  ///                proxy that does not write it passes on what the client wrote.
  /// @throws error errc::bad_argument for anything else.
  explicit trusted_proxies(const std::vector<std::string>& list, std::string_view header = "X-Forwarded-For");

  bool trusts(std::string_view address) const;

  /// The client's address. It is the peer's address, unless the peer is a trusted proxy. Then it is the right-most
  /// address that is not trusted, in the header that the proxies write. An entry that is no address ends the chain: the
  /// last known proxy then counts as the client.
  std::string client_of(const request& asked) const;

  /// A copy of the request with the client's address instead of the peer's, and without the certificate of a proxy.
  request seen_through(const request& asked) const;

 private:
  struct network {
    boost::asio::ip::address_v6::bytes_type prefix;  // IPv4 as ::ffff:a.b.c.d
    unsigned bits;
  };
  std::vector<network> networks_;
  bool standard_ = false;  // Forwarded, RFC 7239
};

}  // namespace cosio::inline v0_2::http
