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

namespace cosio::wire {

/// What both ends have agreed on.
struct deflate_agreement {
  bool server_context_takeover = true;  // what we send refers to earlier messages
  bool client_context_takeover = true;
  int server_window_bits = 15;
  int client_window_bits = 15;

  friend bool operator==(const deflate_agreement&, const deflate_agreement&) = default;
};

/// Chooses from what the header Sec-WebSocket-Extensions offers.
///
/// @param ours  What we would like: takeover only where it says so, windows no larger. A smaller window for the client
/// is asked for only
///              where it offers client_max_window_bits, and is not insisted on.
/// @return What applies to the first offer of permessage-deflate; nothing when there is none. Other extensions are
/// passed over.
///         errc::bad_request for what is no list of extensions, and for an offer with unknown, repeated or invalid
///         parameters.
/// @par Source  RFC 6455, section 9.1; RFC 7692, section 7.1.
result<std::optional<deflate_agreement>> choose_deflate(std::string_view offers, const deflate_agreement& ours);

/// The value of Sec-WebSocket-Extensions that tells the client.
std::string to_header(const deflate_agreement& agreed);

/// Compresses messages of one direction.
class deflater {
 public:
  struct settings {
    int level = 6;
    int window_bits = 15;  // 8 is answered with what a window of 9 may do, whose distances are short enough
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

/// Inflates messages of one direction.
class inflater {
 public:
  /// @throws std::bad_alloc
  explicit inflater(int window_bits);
  ~inflater();
  inflater(inflater&&) noexcept;
  inflater& operator=(inflater&&) noexcept;

  /// Inflates one message. Memory grows with what comes out, by doubling, and never past `max_bytes`.
  ///
  /// @return The message, or errc::message_too_large as soon as there is one byte too many, or errc::bad_deflate.
  ///         After an error only reset() makes sense.
  result<std::string> inflate(std::string_view message, std::size_t max_bytes);
  /// Forgets earlier messages.
  void reset() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace cosio::wire
