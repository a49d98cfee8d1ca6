// Responses of an HTTP/1.1 server, as long-polling and the WebSocket handshake need them. Pure.

#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bench {

struct http_answer {
  int status = 0;
  bool closes = false;  // the connection goes with it
  std::string body;
  std::string accept;      // of a WebSocket handshake
  std::string extensions;  // likewise
  std::size_t size = 0;    // of all of it, in bytes
};

/// Reads the response at the front: with a length, in chunks, or without a body (status 101).
///
/// @param needed  set to the size of the whole when that is known, and only a part of it is there
/// @return nothing when more bytes are needed
/// @throws bad_answer for a response that has no length
std::optional<http_answer> read_http_answer(std::span<const char> bytes, std::size_t& needed);

}  // namespace bench
