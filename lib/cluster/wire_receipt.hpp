// The outcome of one message: whether the broker has taken it. For emitters, which wait for it.
//
//   emitter_core -> confirming_wire::publish_confirmed() -> publish_by() -> the line of the wire
//   the broker's answer -> wire_receipt::settle() -> the outcome
//
// Nothing asks again and again: the connection and the answer end the waits.

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::cluster {

/// A wire that tells the outcome of one message. Others are believed at once: see cluster_wire::publish(). Any thread.
class confirming_wire {
 public:
  virtual ~confirming_wire() = default;

  /// Publishes a message. A broker that cannot be reached is waited for.
  /// @par Completes  when the broker has taken the message, or will not; or when the time is over, with a message that
  ///                 is not ok.
  virtual task<publication> publish_confirmed(cluster_message message, std::chrono::milliseconds within) = 0;
};

/// The outcome of one message. Any thread; guarded by its own mutex.
class wire_receipt {
 public:
  /// The first outcome counts.
  void settle(publication what);
  /// @par Completes  with the outcome; or when the time is over, with a message that is not ok.
  static task<publication> wait(std::shared_ptr<wire_receipt> self, async::deadlines* timers, async::time_point until);

 private:
  base::mutex mutex_;
  std::optional<publication> outcome_ COSIO_GUARDED_BY(mutex_);
  std::weak_ptr<async::suspension> waiting_ COSIO_GUARDED_BY(mutex_);
};

/// Whether a wire can publish now. Any thread; guarded by its own mutex.
class wire_presence {
 public:
  void set(bool connected);
  bool get() const;
  /// @par Completes  when the wire is connected, or the time is over.
  /// @return whether it is connected.
  static task<bool> wait(std::shared_ptr<wire_presence> self, async::deadlines* timers, async::time_point until);

 private:
  mutable base::mutex mutex_;
  bool connected_ COSIO_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<async::suspension>> waiting_ COSIO_GUARDED_BY(mutex_);
};

/// Waits for the connection, calls `send`, and waits for the outcome, all within the time.
/// @param send  Publishes; somebody settles the receipt later.
task<publication> publish_by(std::shared_ptr<wire_presence> presence, async::deadlines* timers,
                             std::chrono::milliseconds within, std::function<void(std::shared_ptr<wire_receipt>)> send);

}  // namespace cosio::inline v0_2::cluster
