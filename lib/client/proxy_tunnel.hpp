// Asking a proxy for a connection to a server: HTTP CONNECT (RFC 9110, section 9.3.6) and SOCKS5 (RFC 1928, 1929).

#pragma once
#include <cosio/task.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "client/net_stream.hpp"
#include "client/proxy.hpp"

namespace cosio::inline v0_2::clients {

/// Afterwards the bytes of `through`, which is connected with the proxy, are those of the server.
/// @param host  A name or an address. A name is resolved by the proxy.
/// @throws failure
/// @par Cancellation  Ends when the stream is closed.
task<> open_tunnel(std::shared_ptr<net_stream> through, proxy_address proxy, std::string host, std::uint16_t port);

/// The request for SOCKS5; the address in its shortest form.
std::string socks_request(const std::string& host, std::uint16_t port);

}  // namespace cosio::inline v0_2::clients
