// Pings and their deadlines.

#include "engine/heartbeat.hpp"

#include <algorithm>

namespace cosio::engine {

heartbeat::heartbeat(wire::revision rev, duration interval, duration timeout, time_point opened) noexcept
    : interval_(in_milliseconds(interval)),
      timeout_(in_milliseconds(timeout)),
      next_(opened + interval_),
      revision_(rev) {
  if (rev == wire::revision::v3) next_ += timeout_;
}

heartbeat::milliseconds heartbeat::in_milliseconds(duration time) noexcept {
  constexpr duration most = milliseconds::max();
  return std::chrono::duration_cast<milliseconds>(std::clamp(time, duration::zero(), most));
}

heartbeat::action heartbeat::due(time_point now) noexcept {
  if (now < next_) return action::nothing;
  if (revision_ == wire::revision::v3 || awaiting_pong_) return action::close;
  awaiting_pong_ = true;
  extended_ = false;
  next_ = now + timeout_;
  return action::send_ping;
}

void heartbeat::on_pong(time_point now) noexcept {
  awaiting_pong_ = false;
  next_ = now + interval_;
}

void heartbeat::on_ping(time_point now) noexcept { next_ = now + interval_ + timeout_; }

void heartbeat::on_other_packet(time_point now) noexcept {
  if (!awaiting_pong_ || extended_) return;
  extended_ = true;
  next_ = now + timeout_;
}

void heartbeat::on_upgrade(time_point now) noexcept {
  if (revision_ == wire::revision::v3) {
    on_ping(now);
  } else if (awaiting_pong_) {
    next_ = now + timeout_;
  }
}

}  // namespace cosio::engine
