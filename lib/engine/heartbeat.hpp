// Who pings, and by when the other side must have been heard: arithmetic without a clock.
//
// Revision 4: the server pings `interval` after the last pong and gives `timeout` for the answer; the first other packet after a ping starts that
// time anew, once. Revision 3: the client pings, at least every `interval + timeout`.
// Source: the Engine.IO protocol, revisions 3 and 4.

#pragma once
#include <chrono>
#include <cstdint>

#include "wire/engine_packet.hpp"

namespace cosio::engine {

class heartbeat {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;
  enum class action { nothing, send_ping, close };

  heartbeat(wire::revision rev, duration interval, duration timeout, time_point opened) noexcept;

  /// What is due at `now`. After send_ping the pong is awaited.
  action due(time_point now) noexcept;
  /// When to ask next.
  time_point next() const noexcept { return next_; }

  void on_pong(time_point now) noexcept;          ///< revision 4
  void on_ping(time_point now) noexcept;          ///< revision 3
  void on_other_packet(time_point now) noexcept;  ///< anything else that came
  /// The transport changed: an outstanding deadline goes on from here, so that it can neither be lost nor be unfair.
  void on_upgrade(time_point now) noexcept;

 private:
  // Every session has one: four bytes reach for 49 days.
  using milliseconds = std::chrono::duration<std::uint32_t, std::milli>;
  static milliseconds in_milliseconds(duration time) noexcept;

  milliseconds interval_;
  milliseconds timeout_;
  time_point next_;
  wire::revision revision_;
  bool awaiting_pong_ = false;
  bool extended_ = false;
};

}  // namespace cosio::engine
