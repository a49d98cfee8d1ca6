// The table of deadlines: heartbeats, upgrades, acknowledgements. One Asio timer serves all of them.
//
//   arm() -> the tree of entries, ordered by time -> the timer -> fire() -> deadline::on_deadline() of each that is due
//
// The tree is intrusive, so arming allocates nothing. The timer sleeps until the earliest entry, so an idle server does
// not wake up.

#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/set.hpp>

#include <atomic>
#include <chrono>
#include <memory>

#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "base/later.hpp"

namespace cosio::inline v0_2::async {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// An entry of the table. It lives inside an object that a shared_ptr owns. The table refers to it weakly, and its
/// destructor removes it from the table.
class deadline : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>> {
 public:
  deadline() = default;
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;
  virtual ~deadline();

  /// Called once when the time has come, on any thread of the io_context, without a lock. An override posts to
  /// its strand. If it throws, because there is no memory to post with, that is logged, and it is called again
  /// 100 ms later.
  virtual void on_deadline() = 0;

  /// Names the object whose life covers this entry: on_deadline() runs only while that object is alive. Once,
  /// before arming.
  void owned_by(std::weak_ptr<void> owner) noexcept { owner_ = std::move(owner); }

  /// Takes the entry out of the table that it is in. It may be called when that table is destroyed.
  void disarm() noexcept;

  /// The object that owned_by() has named.
  const std::weak_ptr<void>& owner() const noexcept { return owner_; }

  friend bool operator<(const deadline& a, const deadline& b) noexcept { return a.when_ < b.when_; }

 private:
  friend class deadlines;
  // The mutex of the table guards both while the entry is in it.
  std::weak_ptr<void> owner_;
  time_point when_{};
  // Null while the entry is in no table. The table writes it last: afterwards the entry may be destroyed.
  std::atomic<class deadlines*> table_{nullptr};
};

/// @par Threads  Any; guarded by its own mutex, which is held for a few instructions.
class deadlines : public std::enable_shared_from_this<deadlines> {
 public:
  /// Real time.
  explicit deadlines(boost::asio::io_context& context);
  /// A clock that stands still until advance() is called, for tests.
  struct manual_time {};
  explicit deadlines(manual_time);
  ~deadlines();

  time_point now() const noexcept;

  /// The time in so long, of any unit. It does not overflow: the end of time is never reached.
  template <class Rep, class Period>
  time_point after(std::chrono::duration<Rep, Period> time) const noexcept {
    return base::later(now(), time);
  }

  /// Sets or moves the entry's deadline.
  void arm(deadline& entry, time_point when);
  template <class Rep, class Period>
  void arm_after(deadline& entry, std::chrono::duration<Rep, Period> time) {
    arm(entry, after(time));
  }
  /// If the entry was due already, on_deadline() may still be called after this.
  void disarm(deadline& entry) noexcept;

  /// Moves a manual clock forward. Entries that become due are called in the order of their times.
  void advance(duration by);

  /// Destroys the Asio timer, before its io_context is destroyed. No entry is called any more.
  void stop() noexcept;

  /// For handlers in the caller's io_context, which may outlive the runtime: while they own this, they may use the
  /// table. Null if no shared_ptr owns the table.
  std::shared_ptr<deadlines> keep() noexcept { return weak_from_this().lock(); }

 private:
  using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, executor>;
  using tree = boost::intrusive::multiset<deadline, boost::intrusive::constant_time_size<false>>;

  void set_timer(time_point when) COSIO_REQUIRES(mutex_);
  void try_to_set_timer(time_point when) noexcept COSIO_REQUIRES(mutex_);
  void fire(time_point until);

  mutable base::mutex mutex_;
  tree entries_ COSIO_GUARDED_BY(mutex_);
  const bool manual_;
  // Null with manual time, and after stop().
  std::unique_ptr<timer> timer_ COSIO_GUARDED_BY(mutex_) COSIO_PT_GUARDED_BY(mutex_);
  time_point timer_at_ COSIO_GUARDED_BY(mutex_) = time_point::max();
  time_point manual_now_ COSIO_GUARDED_BY(mutex_){std::chrono::hours(1)};
};

}  // namespace cosio::inline v0_2::async
