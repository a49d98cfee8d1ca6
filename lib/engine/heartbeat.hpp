// Pings and their deadlines: which side pings, and by when the other must have answered. Arithmetic without a clock.
//
// Revision 4: the server pings `interval` after the last pong, and the client has `timeout` to answer. The first other
// packet after a ping starts that time again, once. The client expects a ping within `interval + timeout` after the
// last one, so a late pong does not delay the next ping. Revision 3: the client pings, at least every
// `interval + timeout`.
// Source: the Engine.IO protocol, revisions 3 and 4.

#pragma once
#include <cosio/options.hpp>

#include <chrono>
#include <cstdint>

#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::engine {

/// The time that clients of this revision have.
std::chrono::milliseconds ping_timeout(const engine_options& settings, wire::revision rev) noexcept;

/// The heartbeat of one session. @par Threads  One at a time: the session's strand.
class heartbeat {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  enum class action { nothing, send_ping, close };

  heartbeat(wire::revision rev, std::chrono::milliseconds interval, std::chrono::milliseconds timeout,
            time_point opened) noexcept;

  /// Says whether anything is due. After send_ping the pong is awaited.
  action due(time_point now) noexcept;
  /// The time at which to call due() next.
  time_point next() const noexcept { return next_; }

  void on_pong(time_point now) noexcept;          ///< revision 4
  void on_ping(time_point now) noexcept;          ///< revision 3
  void on_other_packet(time_point now) noexcept;  ///< any other packet
  /// The transport has changed: the time for an outstanding pong starts again.
  void on_upgrade(time_point now) noexcept;
  /// A heartbeat may lie in input that we have not read. Instead of the deadline of an outstanding pong, the next ping
  /// is due then. In revision 3 the time for the client's ping starts again.
  void on_unread(time_point now) noexcept;

 private:
  // Every session has a heartbeat, and four bytes are enough for 49 days.
  using milliseconds = std::chrono::duration<std::uint32_t, std::milli>;
  static milliseconds in_milliseconds(std::chrono::milliseconds time) noexcept;

  milliseconds interval_;
  milliseconds timeout_;
  time_point next_;
  time_point pinged_;  // revision 4: the last ping, or the opening
  wire::revision revision_;
  bool awaiting_pong_ = false;
  bool extended_ = false;
};

}  // namespace cosio::inline v0_2::engine
