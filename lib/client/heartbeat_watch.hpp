// Notices a server that is gone: its pings stay out (revision 4), or the answers to ours (revision 3).
//
// Time in which the machine was suspended counts. The system's steady clock stands still then, so the watch looks every
// few seconds how long that was. A connection whose heartbeat was due meanwhile ends at once.

#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include "async/runtime.hpp"
#include "async/strand.hpp"
#include "client/strand_timer.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::clients {

/// How long this machine was suspended since it was started: it only grows.
using suspended_time = std::function<std::chrono::nanoseconds()>;
std::chrono::nanoseconds time_suspended() noexcept;

/// @par Threads  On its strand.
class heartbeat_watch : public std::enable_shared_from_this<heartbeat_watch> {
 public:
  /// @param ping     Sends a ping; for revision 3.
  /// @param is_gone  Is called once.
  heartbeat_watch(async::strand on, std::shared_ptr<async::runtime> where, wire::revision rev, suspended_time suspended,
                  std::function<void()> ping, std::function<void()> is_gone);

  void start(std::chrono::milliseconds interval, std::chrono::milliseconds timeout);
  /// A packet came. Revision 4: only a ping counts.
  void heard(wire::packet_type type);
  bool is_overdue() const noexcept;
  void stop() noexcept;

  /// The longest time between two looks at the clock.
  static constexpr std::chrono::seconds longest_sleep{5};

 private:
  async::time_point now() const;
  void look();
  void arm();

  const std::shared_ptr<async::runtime> where_;
  const wire::revision rev_;
  const suspended_time suspended_;
  const std::function<void()> ping_;
  const std::function<void()> is_gone_;
  const async::strand strand_;
  std::shared_ptr<strand_timer> timer_;
  std::chrono::milliseconds interval_{0};
  std::chrono::milliseconds timeout_{0};
  async::time_point gone_at_ = async::time_point::max();
  async::time_point ping_at_ = async::time_point::max();
};

}  // namespace cosio::inline v0_2::clients
