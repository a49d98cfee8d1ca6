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

#include "async/strand.hpp"

namespace cosio::socketio {

class handler_queue : public std::enable_shared_from_this<handler_queue> {
 public:
  /// Told of what a handler throws.
  using on_failure = std::function<void(std::exception_ptr)>;

  handler_queue(async::strand strand, std::size_t max_in_flight) : strand_(std::move(strand)), max_in_flight_(max_in_flight) {}

  void add(task<> work, on_failure failed);
  /// Starts what waits, in order, as far as the limit allows.
  void run();
  /// Whether more may be started now.
  bool has_room() const noexcept { return in_flight_ < max_in_flight_; }
  /// Called when there is room again after has_room() was false.
  void on_room(std::function<void()> call) { on_room_ = std::move(call); }
  void close() noexcept { on_room_ = nullptr; }

 private:
  struct job {
    task<> work;
    on_failure failed;
  };
  static task<> work_off(std::shared_ptr<handler_queue> self);

  async::strand strand_;
  std::deque<job> jobs_;
  std::function<void()> on_room_;
  std::size_t max_in_flight_;
  std::size_t in_flight_ = 0;
};

}  // namespace cosio::socketio
