// Moving a session from polling to WebSocket: probe, noop, switch. A state machine without I/O.
//
//   client 2probe -> we 3probe; every 100 ms a held GET is answered with a noop, so that the client can stop polling;
//   client 5 -> the session moves. After anything else, or after the timeout, only the new WebSocket is
//   closed, and polling continues.
// Source: the Engine.IO protocol, revisions 3 and 4.

#pragma once
#include <chrono>

#include "base/later.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::engine {

/// One attempt. @par Threads  One at a time: the session's strand.
class upgrade {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  enum class action { nothing, answer_probe, complete, close, send_noop };

  static constexpr std::chrono::milliseconds noop_interval{100};

  upgrade(time_point started, std::chrono::milliseconds timeout) noexcept : deadline_(base::later(started, timeout)) {}

  /// A packet has come on the new WebSocket.
  action on_packet(const wire::engine_packet& packet, time_point now) noexcept;
  /// To be called when next() has come.
  action due(time_point now) noexcept;
  /// Whether the probe has been answered.
  bool is_probed() const noexcept { return probed_; }
  time_point next() const noexcept { return probed_ && noop_at_ < deadline_ ? noop_at_ : deadline_; }

 private:
  time_point deadline_;
  time_point noop_at_{};
  bool probed_ = false;
};

}  // namespace cosio::inline v0_2::engine
