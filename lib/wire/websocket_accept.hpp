// The key of the opening handshake (RFC 6455, section 4.2).
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// Whether `key` has the form that a client must send: 22 characters of base64 and "==" (16 bytes).
bool is_websocket_key(std::string_view key) noexcept;

/// The value of Sec-WebSocket-Accept: base64 of SHA-1 of the key and the protocol's GUID.
std::string websocket_accept(std::string_view key);

}  // namespace cosio::inline v0_2::wire
