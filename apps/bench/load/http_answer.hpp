// Responses of an HTTP/1.1 server, as long-polling, the WebSocket handshake and files need them. Pure.

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

/// The part of a response before its body.
struct http_head {
  int status = 0;
  bool closes = false;                // the connection goes with it
  std::optional<std::size_t> length;  // of the body
  std::size_t size = 0;               // of the head, in bytes
};

/// Reads the head at the front. @return nothing when more bytes are needed
/// @throws bad_answer for a head of something else
std::optional<http_head> read_http_head(std::span<const char> bytes);

/// Reads the response at the front: with a length, in chunks, or without a body (status 101).
///
/// @param needed  set to the size of the whole when that is known, and only a part of it is there
/// @return nothing when more bytes are needed
/// @throws bad_answer for a response that has no length
std::optional<http_answer> read_http_answer(std::span<const char> bytes, std::size_t& needed);

}  // namespace bench
