// The certificate that the peer of a TLS connection has shown.

#pragma once
#include <openssl/types.h>

#include <string>

namespace cosio::inline v0_2::async {

/// As PEM text; empty when the peer has shown none, or when it could not be verified.
/// @throws std::bad_alloc
/// @par Threads  One at a time for one connection.
std::string peer_certificate_of(const SSL& connection);

}  // namespace cosio::inline v0_2::async
