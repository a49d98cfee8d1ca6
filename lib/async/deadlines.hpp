// Everything that must happen by a certain time: heartbeats, upgrades, acknowledgements. One timer serves them all.
//
// Entries are ordered in an intrusive tree, so that arming allocates nothing and the one Asio timer sleeps until the
// earliest of them: an idle server does not wake up.

#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/set.hpp>

#include <atomic>
#include <chrono>
#include <memory>

#include "async/strand.hpp"
#include "base/guarded.hpp"

namespace cosio::async {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// Something with a deadline. Lives inside an object that a shared_ptr owns; the table holds it weakly, and it leaves the
/// table when it dies.
class deadline : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>> {
 public:
  deadline() = default;
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;
  virtual ~deadline();

  /// Called once when the time has come, on a thread of the io_context, without a lock: post to your strand. What it throws, for want of memory
  /// to post, is logged, and it is called again a little later.
  virtual void on_deadline() = 0;

  /// Says once, before arming, whose life covers this entry: on_deadline() runs only while that is alive.
  void owned_by(std::weak_ptr<void> owner) noexcept { owner_ = std::move(owner); }

  friend bool operator<(const deadline& a, const deadline& b) noexcept { return a.when_ < b.when_; }

 private:
  friend class deadlines;
  std::weak_ptr<void> owner_;
  time_point when_{};
  std::atomic<class deadlines*> table_{nullptr};  // while it is in one; the last that the table touches of an entry
};

/// The table. Any thread; guarded by its own mutex, which is held for a few instructions.
class deadlines {
 public:
  /// Real time.
  explicit deadlines(boost::asio::io_context& context);
  /// Time that stands still until advance(): for tests.
  struct manual_time {};
  explicit deadlines(manual_time);
  ~deadlines();

  time_point now() const noexcept;

  /// Sets or moves the entry's deadline.
  void arm(deadline& entry, time_point when);
  void arm_after(deadline& entry, duration after) { arm(entry, now() + after); }
  /// After this on_deadline() may still be on its way if it was due already.
  void disarm(deadline& entry) noexcept;

  /// Moves a manual clock forward; what is due on the way happens in order.
  void advance(duration by);

  /// Lets go of the Asio timer, before its io_context goes; nothing fires any more.
  void stop() noexcept;

 private:
  using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, executor>;
  using tree = boost::intrusive::multiset<deadline, boost::intrusive::constant_time_size<false>>;

  void set_timer(time_point when);  // with mutex_ held
  void try_to_set_timer(time_point when) noexcept;
  void fire(time_point until);

  mutable base::mutex mutex_;
  tree entries_;
  const bool manual_;
  std::unique_ptr<timer> timer_;  // null with manual time, and when stopped
  time_point timer_at_ = time_point::max();
  time_point manual_now_{std::chrono::hours(1)};
};

}  // namespace cosio::async
