// RFC 6455 frames as a client writes and reads them. Pure: bytes in, bytes out.

#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bench {

enum class opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one whole frame, masked with a constant key. (Not with 0: some servers skip the unmasking then.)
void append_frame(std::string& out, opcode kind, std::string_view payload);

struct frame {
  opcode kind;
  bool final;
  bool compressed;  // or the first part of a compressed message
  std::string_view payload;
  std::size_t size;  // of the frame, head and all
};

/// Reads the frame at the front.
///
/// @param may_compress  permessage-deflate was agreed on
/// @param needed  set to the size of the whole frame when that is known, and only a part of it is there
/// @return nothing when more bytes are needed
/// @throws bad_answer for what no server may send
std::optional<frame> read_frame(std::span<const char> bytes, std::size_t& needed, bool may_compress = false);

}  // namespace bench
