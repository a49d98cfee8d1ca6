// Order and concurrency of one client's handlers.
//
// Handlers start in the order of the packets. They run inside a few coroutines that each work off the queue: a handler
// that never suspends costs no coroutine of its own; when one suspends, the next is started by a new one. Of a client
// that sends events, one such coroutine stays when the queue is empty and waits for the next event: starting a
// coroutine costs more than most handlers do. On the client's strand.

#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/task.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "async/strand.hpp"
#include "base/counters.hpp"

namespace cosio::socketio {

class handler_queue : public std::enable_shared_from_this<handler_queue> {
 public:
  /// Told of what a handler throws.
  using on_failure = std::function<void(std::exception_ptr)>;

  /// Held by the handlers of one event; the last of them to end calls it. Whoever waits for the event's end gives it to
  /// all of them.
  class turn {
   public:
    explicit turn(std::function<void()> ended) : ended_(std::move(ended)) {}
    void end() const { ended_(); }

   private:
    std::function<void()> ended_;
  };

  handler_queue(async::strand strand, std::size_t max_in_flight, std::shared_ptr<base::counters> counters)
      : strand_(std::move(strand)), counters_(std::move(counters)), max_in_flight_(max_in_flight) {}

  void add(task<> work, on_failure failed, std::shared_ptr<turn> of = nullptr);
  /// Starts what waits, in order, as far as the limit allows.
  void run();
  /// Whether more may be started now.
  bool has_room() const noexcept { return in_flight_ + (between_ ? jobs_.size() - next_ : 0) < max_in_flight_; }
  /// Called when there is room again after has_room() was false.
  void on_room(std::function<void()> call) { on_room_ = std::move(call); }
  /// An event has come: from now on a coroutine stays.
  void stay_ready() noexcept { ready_ = true; }
  bool is_ready() const noexcept { return ready_; }
  /// From time to time: when nothing has come since the last time, no coroutine stays.
  void rest();
  void close();
  /// Calls once when nothing runs and nothing waits: at once, or later in the place of on_room(), which is not called any more.
  void when_idle(std::function<void()> call);
  /// The strand is gone: what waits is not started any more.
  void forsake() noexcept {
    on_room_ = nullptr;
    ready_ = false;
    const auto gone = std::exchange(jobs_, {});
    const auto idle = std::exchange(idle_, std::nullopt);
    next_ = 0;
  }

 private:
  struct job {
    on_failure failed;  // may hold what the work needs: goes after it
    std::shared_ptr<turn> of;
    task<> work;
  };
  using resumption = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

  bool is_idle() const noexcept { return in_flight_ == 0 && next_ == jobs_.size(); }
  bool may_start() const noexcept { return next_ != jobs_.size() && in_flight_ < max_in_flight_; }
  job take() noexcept;
  static task<> work_off(std::shared_ptr<handler_queue> self);
  void wake();
  void after(job& ended, std::exception_ptr thrown, bool was_full);

  async::strand strand_;
  const std::shared_ptr<base::counters> counters_;
  std::vector<job> jobs_;
  std::size_t next_ = 0;            // the first that nobody has taken
  std::optional<resumption> idle_;  // the coroutine that stays
  std::function<void()> on_room_;
  std::size_t max_in_flight_;
  std::size_t in_flight_ = 0;
  bool ready_ = false;       // events come: it is worth while to stay
  bool tells_idle_ = false;  // on_room_ is for when_idle()
  bool between_ = false;     // a coroutine is between two jobs: it takes up what is added now
};

}  // namespace cosio::socketio
