// permessage-deflate (RFC 7692): the offer in the opening handshake, and messages compressed and inflated.
//
//   way in    websocket_frame -> inflater::inflate() -> engine/websocket_transport
//   way out   engine/frame -> deflater::deflate() -> stream
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/deflate.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// The parameters that both ends have agreed on.
struct deflate_agreement {
  bool server_context_takeover = true;  // our messages refer to earlier ones
  bool client_context_takeover = true;
  int server_window_bits = 15;
  int client_window_bits = 15;
  bool names_server_window = false;  // the offer had server_max_window_bits, so the answer must have it

  friend bool operator==(const deflate_agreement&, const deflate_agreement&) = default;
};

/// Chooses from the offers in the header Sec-WebSocket-Extensions.
///
/// @param ours  Our wishes: takeover only if it says so, windows no larger. A smaller window for the client is asked
///              for only if the offer has client_max_window_bits, and the client may decline it.
/// @return The parameters for the first offer of permessage-deflate that can be accepted; nothing when there is none.
///         Offers with unknown, repeated or invalid parameters are declined, and other extensions are skipped.
///         errc::bad_request for text that is no list of extensions.
/// @par Source  RFC 6455, section 9.1; RFC 7692, section 7.1.
result<std::optional<deflate_agreement>> choose_deflate(std::string_view offers, const deflate_agreement& ours);

/// The value of Sec-WebSocket-Extensions in our answer.
std::string to_header(const deflate_agreement& agreed);

/// Compresses the messages of one direction. One thread at a time.
class deflater {
 public:
  struct settings {
    int level = 6;
    int window_bits = 15;  // 8 is treated as 9: see deflate.cpp
    int memory_level = 8;

    friend bool operator==(const settings&, const settings&) = default;
  };

  /// @throws std::bad_alloc
  explicit deflater(const settings& s);
  ~deflater();
  deflater(deflater&&) noexcept;
  deflater& operator=(deflater&&) noexcept;

  /// Appends one message, the given pieces in a row, to `out`, without the 00 00 FF FF at its end.
  void deflate(std::span<const std::string_view> pieces, std::string& out);
  /// Forgets earlier messages.
  void reset() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Inflates the messages of one direction. One thread at a time.
class inflater {
 public:
  /// @throws std::bad_alloc
  explicit inflater(int window_bits);
  ~inflater();
  inflater(inflater&&) noexcept;
  inflater& operator=(inflater&&) noexcept;

  /// Inflates one message. The memory grows with the output, by doubling, and never above `max_bytes`.
  ///
  /// The work is in proportion to the bytes that come in and go out: so more than four blocks that are marked as the
  /// last one are refused.
  ///
  /// @return The message; or errc::message_too_large as soon as there is one byte too many; or errc::bad_deflate. After
  ///         an error, only reset() may be called.
  result<std::string> inflate(std::string_view message, std::size_t max_bytes);
  /// Forgets earlier messages.
  void reset() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace cosio::inline v0_2::wire
