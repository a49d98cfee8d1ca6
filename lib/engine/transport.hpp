// What a session hears from its WebSocket transports.

#pragma once
#include <cosio/reason.hpp>

#include "wire/websocket_frame.hpp"

namespace cosio::engine {

class websocket_transport;

/// Called on the session's strand.
class transport_owner {
 public:
  virtual ~transport_owner() = default;
  /// A whole message, or a ping: its answer is a pong with the same data. Pongs of the peer do not come here.
  virtual void on_item(websocket_transport& from, const wire::frame_item& item) = 0;
  /// Everything that arrived together has been handed up.
  virtual void on_input_end(websocket_transport& from) = 0;
  /// There is room again after write() or resume() was blocked.
  virtual void on_writable(websocket_transport& from) = 0;
  /// A message was longer than allowed: the transport is lost, which on_lost() tells next.
  virtual void on_too_long() {}
  /// The peer closed or was lost, or sent what no WebSocket client sends. Nothing more comes from this transport.
  virtual void on_lost(websocket_transport& from, const reason& why) = 0;
};

}  // namespace cosio::engine
