// The client's address when proxies stand between the client and this server.
//
//   engine/engine -> trusted_proxies::seen_through() -> the address that handshakes, logs and applications see

#pragma once
#include <boost/asio/ip/address.hpp>

#include <cosio/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cosio::http {

/// The proxies whose headers are believed. Immutable: any thread.
class trusted_proxies {
 public:
  /// @param list  Addresses ("10.1.2.3", "::1") and networks ("10.0.0.0/8", "fd00::/8").
  /// @throws error errc::bad_argument for anything else.
  explicit trusted_proxies(const std::vector<std::string>& list);

  bool trusts(std::string_view address) const;

  /// The client's address. It is the peer's address, unless the peer is a trusted proxy. Then it is the right-most
  /// address that is not trusted, in X-Forwarded-For or, without such a header, in Forwarded. An entry that is no
  /// address ends the chain: the last known proxy then counts as the client.
  std::string client_of(const request& asked) const;

  /// A copy of the request with the client's address instead of the peer's.
  request seen_through(const request& asked) const;

 private:
  struct network {
    boost::asio::ip::address_v6::bytes_type prefix;  // IPv4 as ::ffff:a.b.c.d
    unsigned bits;
  };
  std::vector<network> networks_;
};

}  // namespace cosio::http
