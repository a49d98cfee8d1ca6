// The key of the opening handshake. SHA-1 comes from OpenSSL.

#include "wire/websocket_accept.hpp"

#include <openssl/sha.h>

#include <algorithm>

#include "wire/base64.hpp"

namespace cosio::inline v0_2::wire {
namespace {

bool is_base64_digit(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

bool is_websocket_key(std::string_view key) noexcept {
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, is_base64_digit);
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string accept;
  append_base64(accept, {reinterpret_cast<const char*>(digest), sizeof digest});
  return accept;
}

}  // namespace cosio::inline v0_2::wire
