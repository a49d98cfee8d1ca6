// Order and concurrency of one client's handlers: those of Socket.IO, and those of raw sessions.
//
//   flow   has_room()   false: the message waits elsewhere, and the owner is told of room
//          add()        a handler waits in the queue
//          run()        a coroutine (work_off) takes the handlers one by one, in order
//          a handler waits for something: run() starts one more coroutine for the next handler
//          a handler ends: its failure, the end of its event, and new room in the queue are told
//          the queue is empty: one coroutine stays and waits for the next event
//
// Two limits bound the handlers: options.max_handlers_in_flight their number, options.max_held_bytes the bytes of the
// messages that they were started for. A handler that waits for its own client (wait_for_client) does not count in the
// first: messages of this client may be what it waits for.
//
// A handler that never suspends costs no coroutine of its own. One coroutine stays at a client that sends events,
// because starting a coroutine costs more than most handlers do. On the client's strand.

#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/options.hpp>
#include <cosio/task.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "async/strand.hpp"
#include "base/counters.hpp"
#include "base/failure_handler.hpp"

namespace cosio::inline v0_2::engine {

class handler_queue {
 public:
  /// The object that the queue is a part of.
  class owner {
   public:
    /// Keeps the queue while its handlers run.
    virtual std::shared_ptr<void> keep_handlers() = 0;
    /// The strand that the handlers run on: the client's.
    virtual const async::strand& handler_strand() const noexcept = 0;
    /// There is room again after has_room() was false.
    virtual void on_handler_room() = 0;
    /// Handlers wait that could not be started: there is no memory to start them with.
    virtual void on_handlers_stuck(std::exception_ptr why) noexcept = 0;

   protected:
    ~owner() = default;
  };

  /// Called with the exception of a handler.
  using on_failure = base::failure_handler;

  /// An event whose end is awaited: it ends when the last of its handlers has ended. Each handler holds a pass. The
  /// code that adds the handlers holds one, too, until all are added.
  class running_event {
   public:
    class pass {
     public:
      pass() = default;
      /// @param of  Null for an event whose end is not awaited.
      explicit pass(std::shared_ptr<running_event> of) noexcept : of_(std::move(of)) {
        if (of_) ++of_->passes_;
      }
      pass(pass&&) noexcept = default;
      pass& operator=(pass&& other) noexcept {
        std::swap(of_, other.of_);
        return *this;
      }
      ~pass() { give_back(); }
      /// @return the event, when this was its last pass; else null.
      std::shared_ptr<running_event> give_back() noexcept {
        auto of = std::move(of_);
        return of && --of->passes_ == 0 ? of : nullptr;
      }

     private:
      std::shared_ptr<running_event> of_;
    };

    /// @param ended  Called when a handler gives the last pass back.
    explicit running_event(std::function<void()> ended) : ended_(std::move(ended)) {}
    void end() const { ended_(); }

   private:
    std::function<void()> ended_;
    std::size_t passes_ = 0;
  };

  /// While it lives, a handler waits for the client itself: for an answer, an event, or its end. So the handler does
  /// not count as busy. On the strand; does nothing elsewhere, where no handler of this client runs.
  class wait_for_client {
   public:
    /// @param queue  Outlives this.
    explicit wait_for_client(handler_queue& queue);
    wait_for_client(const wait_for_client&) = delete;
    wait_for_client& operator=(const wait_for_client&) = delete;
    ~wait_for_client() {
      if (queue_ != nullptr) --queue_->waiting_;
    }

   private:
    handler_queue* const queue_;
  };

  /// The memory around each handler, which counts in options.max_held_bytes beside the bytes of its message.
  static constexpr std::size_t overhead = 1'024;

  /// @param limits    Of these, max_handlers_in_flight and max_held_bytes; 0 is no limit. As long-lived as `of`.
  /// @param counters  The same.
  handler_queue(owner& of, const engine_options& limits, base::counters& counters) noexcept
      : owner_(of), counters_(counters), limits_(limits) {}

  /// Appends a handler. run() starts it.
  /// @param bytes  Of its message.
  void add(task<> work, on_failure failed, std::shared_ptr<running_event> of = nullptr, std::size_t bytes = 0);
  /// From now until no handler waits in the queue, they start whatever the limit says: a running handler waits for one
  /// of them.
  void exceed() noexcept { exceeds_ = true; }
  /// Starts the handlers that wait, in order, as far as the limit allows.
  void run();
  /// Tells the owner that there may be room for events that wait elsewhere.
  void tell_room();
  /// Starts the handlers that may start, and tells the owner, a moment later.
  void post_room();
  /// Calls `work`. If that fails (no memory), what waits would wait for ever: the owner is told.
  template <class F>
  void or_stuck(F work) noexcept {
    try {
      work();
    } catch (...) {
      owner_.on_handlers_stuck(std::current_exception());
    }
  }
  /// Keeps the owner, and the queue with it.
  std::shared_ptr<void> keep() { return owner_.keep_handlers(); }
  /// Whether more may be started now. Jobs that wait in the queue count when they will start without a further call:
  /// while a coroutine is between two jobs. Otherwise run() was refused, and the limit is reached anyway.
  bool has_room() const noexcept {
    return is_below(busy() + (between_ ? jobs_.size() - next_ : 0), limits_.max_handlers_in_flight) &&
           is_below(bytes_, limits_.max_held_bytes);
  }
  /// A message must wait since there is no room: counts the limit that is reached.
  void count_full() noexcept {
    leaves_waiting_ = true;
    counters_.hit(is_below(bytes_, limits_.max_held_bytes) ? base::limit::max_handlers_in_flight
                                                           : base::limit::max_held_bytes);
  }
  /// Handlers that run, and do not wait for the client.
  std::size_t busy() const noexcept { return in_flight_ - std::min(waiting_, in_flight_); }
  /// Whether nothing goes on before the client does: all handlers wait for it, and none is about to start.
  /// @param others  Coroutines that run beside the handlers, and must wait for it, too.
  bool waits_for_client(std::size_t others = 0) const noexcept {
    return in_flight_ + others <= waiting_ && next_ == jobs_.size();
  }
  /// The memory that the handlers hold: their messages, and the overhead.
  std::size_t bytes() const noexcept { return bytes_; }
  /// An event has come: from now on a coroutine stays.
  void stay_ready() noexcept { ready_ = true; }
  bool is_ready() const noexcept { return ready_; }
  /// Called from time to time: if no event has come since the last call, no coroutine stays.
  void rest();
  /// The client has gone: the owner is told nothing any more. Handlers that wait still run, unless there was no memory
  /// to start one, and none runs that they could follow.
  void close();
  /// Calls once when no handler runs or waits: at once or later. The owner is not told of room any more. Called again
  /// meanwhile, both functions are called.
  void when_idle(std::function<void()> call);
  /// The strand is gone: handlers that wait are not started any more.
  void forsake() noexcept {
    tells_room_ = false;
    const auto untold = std::exchange(when_idle_, nullptr);
    ready_ = false;
    const auto idle = std::exchange(idle_, std::nullopt);
    drop_jobs();
  }

 private:
  struct job {
    on_failure failed;  // may own things that the work uses: destroyed after it
    running_event::pass of;
    task<> work;
    std::size_t bytes;
  };
  using resumption = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

  static bool is_below(std::size_t number, std::size_t most) noexcept { return most == 0 || number < most; }
  bool is_idle() const noexcept { return in_flight_ == 0 && next_ == jobs_.size(); }
  bool may_start() const noexcept {
    return next_ != jobs_.size() && (exceeds_ || is_below(busy(), limits_.max_handlers_in_flight));
  }
  job take() noexcept;
  void drop_jobs() noexcept;
  std::shared_ptr<handler_queue> self() { return {owner_.keep_handlers(), this}; }
  static task<> work_off(std::shared_ptr<handler_queue> self);
  void wake();
  void after(job& ended, std::exception_ptr thrown, bool was_full);

  owner& owner_;
  base::counters& counters_;
  const engine_options& limits_;
  std::vector<job> jobs_;
  std::optional<resumption> idle_;  // the coroutine that stays
  std::unique_ptr<const std::function<void()>> when_idle_;
  std::size_t bytes_ = 0;   // of all jobs, until they have ended
  std::uint32_t next_ = 0;  // the first job that is not started
  std::uint32_t in_flight_ = 0;
  std::uint32_t waiting_ = 0;  // for the client itself
  bool between_ = false;       // a coroutine is between two jobs: it takes up what is added now
  // Every client has a queue, so its other flags take a bit each.
  bool exceeds_ : 1 = false;  // by exceed()
  bool ready_ : 1 = false;    // events come: a coroutine stays for the next
  bool tells_room_ : 1 = true;
  bool stuck_ : 1 = false;  // there was no memory to start the jobs with
  bool room_posted_ : 1 = false;
  bool leaves_waiting_ : 1 = false;  // the owner found no room for all that waits elsewhere: it is told of each end
};

}  // namespace cosio::inline v0_2::engine
