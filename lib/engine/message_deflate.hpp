// permessage-deflate on one WebSocket connection: which messages are compressed, by whose compressor.
//
//   way in    wire/websocket_frame -> incoming() -> engine/websocket_transport
//   way out   engine/outbox -> outgoing() -> engine/websocket_transport
//
// Without context takeover a connection keeps nothing: the compressors belong to the threads, and a compressed message
// to its frame, where all receivers of a broadcast find it. Such a message refers to nothing before it, so it does not
// matter what its receiver has heard before.

#pragma once
#include <cosio/options.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/frame.hpp"
#include "wire/deflate.hpp"

namespace cosio::inline v0_2::engine {

/// outgoing() on any thread, one at a time; incoming() on the strand.
class message_deflate {
 public:
  message_deflate(const wire::deflate_agreement& agreed, const deflate_options& options);

  /// Compresses a message for this client. @return the compressed frame, or `f` itself when it stays as it is.
  shared_frame outgoing(shared_frame f);

  /// Inflates a message of the client. @return errc::message_too_large, errc::bad_deflate
  result<std::string> incoming(std::string_view message, std::size_t max_bytes);

 private:
  frame::window reach_for(const frame& f) const noexcept;

  const wire::deflate_agreement agreed_;
  const wire::deflater::settings settings_;  // of a compressor for this connection, or for all of them
  const std::size_t threshold_;
  const bool can_follow_all_;              // the client's window is as large as the server's options want it
  std::optional<wire::deflater> context_;  // with context takeover, once something was sent
  std::optional<wire::inflater> client_context_;
};

/// Checks the options. @throws error errc::bad_argument for a value out of its range.
void check(const deflate_options& options);

}  // namespace cosio::inline v0_2::engine
