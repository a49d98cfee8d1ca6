// The heartbeat of a client.

#include "client/heartbeat_watch.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/later.hpp"

namespace cosio::inline v0_2::clients {

std::chrono::nanoseconds time_suspended() noexcept {
#if defined(CLOCK_BOOTTIME)
  std::timespec awake{};
  std::timespec all{};
  // In this order: what passes between the two calls is no suspension, and makes the result larger by microseconds.
  if (::clock_gettime(CLOCK_MONOTONIC, &awake) != 0 || ::clock_gettime(CLOCK_BOOTTIME, &all) != 0) return {};
  return std::chrono::seconds(all.tv_sec - awake.tv_sec) + std::chrono::nanoseconds(all.tv_nsec - awake.tv_nsec);
#else
  return {};  // the steady clocks of other systems go on
#endif
}

heartbeat_watch::heartbeat_watch(async::strand on, std::shared_ptr<async::runtime> where, wire::revision rev,
                                 suspended_time suspended, std::function<void()> ping, std::function<void()> is_gone)
    : where_(std::move(where)),
      rev_(rev),
      suspended_(std::move(suspended)),
      ping_(std::move(ping)),
      is_gone_(std::move(is_gone)),
      strand_(std::move(on)) {}

void heartbeat_watch::start(std::chrono::milliseconds interval, std::chrono::milliseconds timeout) {
  interval_ = interval;
  timeout_ = timeout;
  timer_ = strand_timer::make(strand_, where_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look();
  });
  gone_at_ = base::later(now(), interval_ + timeout_);
  if (rev_ == wire::revision::v3) ping_at_ = base::later(now(), interval_);
  arm();
}

void heartbeat_watch::heard(wire::packet_type type) {
  if (!timer_) return;
  if (rev_ == wire::revision::v4 && type != wire::packet_type::ping) return;
  gone_at_ = base::later(now(), interval_ + timeout_);
  if (rev_ == wire::revision::v3 && type == wire::packet_type::pong) ping_at_ = base::later(now(), interval_);
  arm();
}

bool heartbeat_watch::is_overdue() const noexcept {
  try {
    return timer_ && now() > gone_at_;
  } catch (...) {
    return false;
  }
}

void heartbeat_watch::stop() noexcept {
  if (timer_) timer_->disarm();
  timer_ = nullptr;
}

async::time_point heartbeat_watch::now() const { return base::later(where_->timers().now(), suspended_()); }

void heartbeat_watch::look() {
  const auto keep = shared_from_this();
  if (!timer_) return;
  if (now() >= gone_at_) {
    stop();
    return is_gone_();
  }
  if (now() >= ping_at_) {
    ping_at_ = async::time_point::max();
    gone_at_ = std::min(gone_at_, base::later(now(), timeout_));
    ping_();
  }
  if (timer_) arm();
}

void heartbeat_watch::arm() {
  const auto next = std::min(gone_at_, ping_at_) - now();
  timer_->arm_after(std::clamp<async::duration>(next, std::chrono::milliseconds(1), longest_sleep));
}

}  // namespace cosio::inline v0_2::clients
