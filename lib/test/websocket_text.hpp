// WebSocket as a client reads and writes it: its own frames, good or bad, and those of a server, read strictly.

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "test/client_frame.hpp"

namespace cosio::test::inline v0_2::kit {

/// One frame of a server.
struct server_frame {
  std::uint8_t op = 0;
  std::string payload;
  bool compressed = false;

  bool is_text() const noexcept { return op == 0x1; }
  bool is_close() const noexcept { return op == 0x8; }
  /// Of a close frame; 1005 when it has none.
  std::uint16_t close_code() const;
};

/// Takes one frame off the front of `bytes`; nothing when it is not complete.
/// @param deflate  permessage-deflate was agreed: the first reserved bit may be set.
/// @throws std::runtime_error for what no server sends: masks, fragments, reserved bits, lengths in a longer form.
std::optional<server_frame> take_frame(std::string& bytes, bool deflate = false);

/// The head of an Upgrade request as browsers send it.
std::string websocket_request(std::string_view target, std::string_view more_headers = "");

/// Whole frames as clients send them.
std::string text_frame(std::string_view payload);
std::string binary_frame(std::string_view payload);
/// Code 0: without one.
std::string close_frame_of_client(std::uint16_t code = 0);

}  // namespace cosio::test::inline v0_2::kit
