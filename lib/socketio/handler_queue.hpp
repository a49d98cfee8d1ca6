// Order and concurrency of one client's handlers.
//
// Handlers start in the order of the packets. They run inside a few coroutines that each work off the queue: a handler that never suspends costs
// no coroutine of its own; when one suspends, the next is started by a new one. On the client's strand.

#pragma once
#include <cosio/task.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/strand.hpp"

namespace cosio::socketio {

class handler_queue : public std::enable_shared_from_this<handler_queue> {
 public:
  /// Told of what a handler throws.
  using on_failure = std::function<void(std::exception_ptr)>;

  /// Held by the handlers of one event; the last of them to end calls it. Whoever waits for the event's end gives it to all of them.
  class turn {
   public:
    explicit turn(std::function<void()> ended) : ended_(std::move(ended)) {}
    void end() const { ended_(); }

   private:
    std::function<void()> ended_;
  };

  handler_queue(async::strand strand, std::size_t max_in_flight) : strand_(std::move(strand)), max_in_flight_(max_in_flight) {}

  void add(task<> work, on_failure failed, std::shared_ptr<turn> of = nullptr);
  /// Starts what waits, in order, as far as the limit allows.
  void run();
  /// Whether more may be started now.
  bool has_room() const noexcept { return in_flight_ + (between_ ? jobs_.size() : 0) < max_in_flight_; }
  /// Called when there is room again after has_room() was false.
  void on_room(std::function<void()> call) { on_room_ = std::move(call); }
  void close() noexcept { on_room_ = nullptr; }
  /// The strand is gone: what waits is not started any more.
  void forsake() noexcept {
    close();
    const auto gone = std::exchange(jobs_, {});
  }

 private:
  struct job {
    task<> work;
    on_failure failed;
    std::shared_ptr<turn> of;
  };
  bool may_start() const noexcept { return !jobs_.empty() && in_flight_ < max_in_flight_; }
  static task<> work_off(std::shared_ptr<handler_queue> self);
  void after(job& ended, std::exception_ptr thrown, bool was_full);

  async::strand strand_;
  std::deque<job> jobs_;
  std::function<void()> on_room_;
  std::size_t max_in_flight_;
  std::size_t in_flight_ = 0;
  bool between_ = false;  // a coroutine is between two jobs: it takes up what is added now
};

}  // namespace cosio::socketio
