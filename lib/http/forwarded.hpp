// Whom a request comes from when proxies stand in between.
//
//   engine/engine -> trusted_proxies::seen_through() -> the address that handshakes, logs and applications see

#pragma once
#include <boost/asio/ip/address.hpp>

#include <cosio/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cosio::http {

/// The proxies whose word counts. Immutable: any thread.
class trusted_proxies {
 public:
  /// @param list  Addresses ("10.1.2.3", "::1") and networks ("10.0.0.0/8", "fd00::/8").
  /// @throws error errc::bad_argument for anything else.
  explicit trusted_proxies(const std::vector<std::string>& list);

  bool trusts(std::string_view address) const;

  /// The client's address: the peer's, unless that is trusted; then the right-most address that is not, in
  /// X-Forwarded-For or, without such a header, in Forwarded. Where the chain holds what is no address, it ends: the
  /// last proxy that is known counts as the client.
  std::string client_of(const request& asked) const;

  /// The request with the client's address in the place of the peer's.
  request seen_through(const request& asked) const;

 private:
  struct network {
    boost::asio::ip::address_v6::bytes_type prefix;  // IPv4 as ::ffff:a.b.c.d
    unsigned bits;
  };
  std::vector<network> networks_;
};

}  // namespace cosio::http
