// Pings and their deadlines.

#include "engine/heartbeat.hpp"

#include <algorithm>

#include "base/later.hpp"

namespace cosio::inline v0_2::engine {

std::chrono::milliseconds ping_timeout(const engine_options& settings, wire::revision rev) noexcept {
  if (rev == wire::revision::v4) return settings.ping_timeout;
  if (settings.ping_timeout_eio3) return *settings.ping_timeout_eio3;
  constexpr std::chrono::milliseconds usual_of_v4{20'000};
  constexpr std::chrono::milliseconds usual_of_v3{60'000};
  return settings.ping_timeout == usual_of_v4 ? usual_of_v3 : settings.ping_timeout;
}

heartbeat::heartbeat(wire::revision rev, std::chrono::milliseconds interval, std::chrono::milliseconds timeout,
                     time_point opened) noexcept
    : interval_(in_milliseconds(interval)),
      timeout_(in_milliseconds(timeout)),
      next_(base::later(opened, interval_)),
      pinged_(opened),
      revision_(rev) {
  if (rev == wire::revision::v3) next_ = base::later(next_, timeout_);
}

heartbeat::milliseconds heartbeat::in_milliseconds(std::chrono::milliseconds time) noexcept {
  return base::saturated<milliseconds>(std::max(time, std::chrono::milliseconds::zero()));
}

heartbeat::action heartbeat::due(time_point now) noexcept {
  if (now < next_) return action::nothing;
  if (revision_ == wire::revision::v3 || awaiting_pong_) return action::close;
  awaiting_pong_ = true;
  extended_ = false;
  pinged_ = now;
  next_ = base::later(now, timeout_);
  return action::send_ping;
}

// The client expects the next ping by interval and timeout together: behind a late pong there must be time to send it.
void heartbeat::on_pong(time_point now) noexcept {
  const milliseconds latest = awaiting_pong_ ? timeout_ - timeout_ / 4 : timeout_;
  awaiting_pong_ = false;
  next_ = base::later(std::min(now, base::later(pinged_, latest)), interval_);
}

void heartbeat::on_ping(time_point now) noexcept { next_ = base::later(base::later(now, interval_), timeout_); }

void heartbeat::on_other_packet(time_point now) noexcept {
  if (!awaiting_pong_ || extended_) return;
  extended_ = true;
  next_ = base::later(now, timeout_);
}

void heartbeat::on_upgrade(time_point now) noexcept {
  if (revision_ == wire::revision::v3) {
    on_ping(now);
  } else if (awaiting_pong_) {
    next_ = base::later(now, timeout_);
  }
}

void heartbeat::on_unread(time_point now) noexcept {
  if (revision_ == wire::revision::v3) return on_ping(now);
  if (!awaiting_pong_) return;
  awaiting_pong_ = false;
  next_ = std::max(now, base::later(pinged_, timeout_));
}

}  // namespace cosio::inline v0_2::engine
