// The events of a WebSocket transport, for its session.

#pragma once
#include <cosio/reason.hpp>

#include "async/deadlines.hpp"
#include "wire/websocket_frame.hpp"

namespace cosio::inline v0_2::engine {

class websocket_transport;

/// Called on the session's strand.
class transport_owner {
 public:
  virtual ~transport_owner() = default;
  /// A whole message, or a ping, which is to be answered by a pong with the same data. Pongs do not come here.
  virtual void on_item(websocket_transport& from, const wire::frame_item& item) = 0;
  /// Everything that arrived together has been handed up.
  virtual void on_input_end(websocket_transport& from) = 0;
  /// There is room again after write() or resume() was blocked.
  virtual void on_writable(websocket_transport& from) = 0;
  /// A message was longer than allowed. on_lost() follows.
  virtual void on_too_long() {}
  /// The peer closed or was lost, or broke the rules of RFC 6455. Only on_input_end() may follow.
  virtual void on_lost(websocket_transport& from, const reason& why) = 0;
  /// The time that the peer has to answer a close frame.
  virtual async::duration time_to_answer_close() noexcept = 0;
};

}  // namespace cosio::inline v0_2::engine
