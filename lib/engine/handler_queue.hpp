// Order and concurrency of one client's handlers.
//
//   flow   add()        a handler waits in the queue
//          run()        a coroutine (work_off) takes the handlers one by one, in order
//          a handler waits for something: run() starts one more coroutine for the next handler
//          a handler ends: its failure, the end of its event, and new room in the queue are told
//          the queue is empty: one coroutine stays and waits for the next event
//
// A handler that never suspends costs no coroutine of its own. One coroutine stays at a client that sends events,
// because starting a coroutine costs more than most handlers do. On the client's strand.

#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/task.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "async/strand.hpp"
#include "base/counters.hpp"

namespace cosio::engine {

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
    virtual void on_handlers_stuck(std::exception_ptr why) = 0;

   protected:
    ~owner() = default;
  };

  /// Called with the exception of a handler.
  using on_failure = std::function<void(std::exception_ptr)>;

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

  /// @param counters  As long-lived as `of`.
  handler_queue(owner& of, std::size_t max_in_flight, base::counters& counters) noexcept
      : owner_(of), counters_(counters), max_in_flight_(at_most_32_bits(max_in_flight)) {}

  /// Appends a handler. run() starts it.
  void add(task<> work, on_failure failed, std::shared_ptr<running_event> of = nullptr);
  /// Starts the handlers that wait, in order, as far as the limit allows.
  void run();
  /// Tells the owner that there may be room for events that wait elsewhere.
  void tell_room() {
    if (tells_room_) owner_.on_handler_room();
  }
  /// Keeps the owner, and the queue with it.
  std::shared_ptr<void> keep() { return owner_.keep_handlers(); }
  std::size_t max_in_flight() const noexcept { return max_in_flight_; }
  /// Whether more may be started now.
  bool has_room() const noexcept { return in_flight_ + (between_ ? jobs_.size() - next_ : 0) < max_in_flight_; }
  /// An event has come: from now on a coroutine stays.
  void stay_ready() noexcept { ready_ = true; }
  bool is_ready() const noexcept { return ready_; }
  /// Called from time to time: if no event has come since the last call, no coroutine stays.
  void rest();
  /// The client has gone: the owner is told nothing any more.
  void close();
  /// Calls once when no handler runs or waits: at once or later. The owner is not told of room any more.
  void when_idle(std::function<void()> call);
  /// The strand is gone: handlers that wait are not started any more.
  void forsake() noexcept {
    tells_room_ = false;
    const auto untold = std::exchange(when_idle_, nullptr);
    ready_ = false;
    const auto gone = std::exchange(jobs_, {});
    const auto idle = std::exchange(idle_, std::nullopt);
    next_ = 0;
  }

 private:
  struct job {
    on_failure failed;  // may own things that the work uses: destroyed after it
    running_event::pass of;
    task<> work;
  };
  using resumption = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

  static std::uint32_t at_most_32_bits(std::size_t number) noexcept {
    return static_cast<std::uint32_t>(std::min<std::size_t>(number, std::numeric_limits<std::uint32_t>::max()));
  }
  bool is_idle() const noexcept { return in_flight_ == 0 && next_ == jobs_.size(); }
  bool may_start() const noexcept { return next_ != jobs_.size() && in_flight_ < max_in_flight_; }
  job take() noexcept;
  std::shared_ptr<handler_queue> self() { return {owner_.keep_handlers(), this}; }
  static task<> work_off(std::shared_ptr<handler_queue> self);
  void wake();
  void after(job& ended, std::exception_ptr thrown, bool was_full);

  owner& owner_;
  base::counters& counters_;
  std::vector<job> jobs_;
  std::optional<resumption> idle_;  // the coroutine that stays
  std::unique_ptr<const std::function<void()>> when_idle_;
  std::uint32_t next_ = 0;  // the first job that is not started
  const std::uint32_t max_in_flight_;
  std::uint32_t in_flight_ = 0;
  bool ready_ = false;  // events come: a coroutine stays for the next
  bool tells_room_ = true;
  bool between_ = false;  // a coroutine is between two jobs: it takes up what is added now
};

}  // namespace cosio::engine
