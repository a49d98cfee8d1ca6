// One coroutine that waits for something of ours: an acknowledgement, room in an outbox, the end of a client.
//
//   co_await wait(hand_out) -> hand_out(suspension) -> somebody calls suspension->end() -> the coroutine is resumed
//
// The holder of the suspension ends the wait, from any thread. The coroutine is resumed on its own executor.
// Cancelling the coroutine ends the wait, too. A wait ends once: a second end() returns false. When the io_context was
// ours and has ended, the coroutine is destroyed instead of resumed.
//
// end() cannot fail: destructors and deadlines call it. Without memory to post the coroutine with, the suspension joins
// a list that needs none, and is posted when another wait ends, or a deadline is due. The io_context of an application
// may end meanwhile, and nobody would tell us: its coroutine is destroyed instead.

#pragma once
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <cosio/task.hpp>

#include <atomic>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "async/own_context.hpp"
#include "async/strand.hpp"

namespace cosio::inline v0_2::async {

class suspension : public std::enable_shared_from_this<suspension> {
 public:
  virtual ~suspension() = default;

  /// Ends the wait; the coroutine is posted to its executor. @return whether this was the first end.
  bool end(boost::system::error_code ec = {}) noexcept {
    if (!is_first_end()) return false;
    retry();
    resume(ec);
    return true;
  }

  /// As end(), but on the coroutine's own strand it is resumed before this call returns: the caller holds no lock.
  bool end_now(boost::system::error_code ec = {}) {
    if (!is_first_end()) return false;
    if (!call_here(ec)) resume(ec);
    return true;
  }

  /// Posts the coroutines again that could not be posted. Any thread.
  static void retry() noexcept;

 private:
  struct without_memory;

  bool is_first_end() noexcept { return !ended_.exchange(true, std::memory_order_acq_rel); }
  void resume(boost::system::error_code ec) noexcept;
  virtual bool call_here(boost::system::error_code ec) = 0;      // false: this is not the coroutine's strand
  virtual bool post(boost::system::error_code ec) noexcept = 0;  // false: there is no memory for it
  virtual bool keeps_its_context() const noexcept = 0;
  virtual void drop() noexcept = 0;  // destroys the coroutine

  std::atomic<bool> ended_{false};
  // While the suspension is in the list.
  int value_ = 0;
  const boost::system::error_category* category_ = nullptr;
  std::shared_ptr<suspension> next_;
};

/// How a wait ended. A class of its own, because Asio throws a bare error_code.
struct wake_up {
  explicit wake_up(boost::system::error_code why) noexcept : code(why) {}
  explicit(false) operator boost::system::error_code() const noexcept { return code; }
  boost::system::error_code code;
};

/// The suspension of a coroutine that Asio resumes when it calls a `Handler`.
template <class Handler>
class suspended final : public suspension {
 public:
  explicit suspended(Handler handler) : handler_(std::in_place, std::move(handler)) {}

 private:
  // A job that is destroyed before it has run, because the io_context has ended, destroys the coroutine. That may
  // happen inside of the call that posts it. A job that could not be posted leaves the coroutine alone.
  enum class job_state : unsigned char { none, posted, destroyed };
  struct job {
    job(std::shared_ptr<suspended> s, boost::system::error_code e) noexcept : of(std::move(s)), ec(e) {}
    job(job&&) noexcept = default;
    ~job() {
      if (of && of->job_.exchange(job_state::destroyed) == job_state::posted) of->drop();
    }
    void operator()() { std::exchange(of, nullptr)->call(ec); }

    std::shared_ptr<suspended> of;
    boost::system::error_code ec;
  };

  void call(boost::system::error_code ec) {
    if (!handler_) return;
    Handler handler = std::move(*handler_);
    handler_.reset();
    std::move(handler)(wake_up(ec));
  }

  bool call_here(boost::system::error_code ec) override {
    if (has_ended()) return drop(), true;
    const auto on = boost::asio::get_associated_executor(*handler_);
    const strand* const own = on.template target<strand>();
    if (own == nullptr || !own->running_in_this_thread()) return false;
    call(ec);
    return true;
  }

  bool post(boost::system::error_code ec) noexcept override {
    if (!handler_) return true;
    if (has_ended()) return drop(), true;
    const auto self = std::static_pointer_cast<suspended>(this->shared_from_this());
    try {
      const auto on = boost::asio::get_associated_executor(*handler_);
      const strand* const own = on.template target<strand>();
      if (own != nullptr) {
        boost::asio::post(*own, job(self, ec));
      } else {
        boost::asio::post(on, job(self, ec));
      }
    } catch (...) {
      job_.store(job_state::none);
      return false;
    }
    if (job_.exchange(job_state::posted) == job_state::destroyed) drop();
    return true;
  }

  void drop() noexcept override {
    if (!handler_) return;
    const Handler gone = std::move(*handler_);
    handler_.reset();
  }

  bool has_ended() const noexcept { return context_ && context_->ended(); }
  bool keeps_its_context() const noexcept override { return context_ != nullptr; }

  // Declared first: the coroutine holds executors of this io_context, which must not outlive it.
  const std::shared_ptr<own_context> context_ = own_context::running();
  std::optional<Handler> handler_;
  std::atomic<job_state> job_{job_state::none};
};

/// A hand_out that cannot cope with failed allocation: without_memory() is called, and the coroutine is destroyed
/// instead of resumed with not_enough_memory. For loops, which would only begin the next wait.
template <class F>
concept ends_without_memory = requires(F& f) { f.without_memory(); };

/// The common part of suspend() and wait(): they differ in the signature under which Asio resumes the coroutine.
template <class Signature, class F>
auto suspend_as(F hand_out) {
  auto initiate = [hand_out = std::move(hand_out)]<class Handler>(Handler handler) mutable {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    const auto no_memory = make_error_code(boost::system::errc::not_enough_memory);
    std::shared_ptr<suspended<Handler>> waiting;
    try {
      waiting = std::make_shared<suspended<Handler>>(std::move(handler));
    } catch (const std::bad_alloc&) {  // then handler has not been moved
      if constexpr (ends_without_memory<F>) {
        return hand_out.without_memory();
      } else {
        return std::move(handler)(wake_up(no_memory));
      }
    }
    try {
      if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr<suspension>(waiting)](boost::asio::cancellation_type type) {
          const auto alive = weak.lock();
          if (alive && type != boost::asio::cancellation_type::none) alive->end(boost::asio::error::operation_aborted);
        });
      }
      hand_out(waiting);
    } catch (const std::bad_alloc&) {  // thrown on, it would destroy the coroutine instead of telling it
      waiting->end(no_memory);
    }
  };
  return boost::asio::async_initiate<const boost::asio::deferred_t, Signature>(std::move(initiate),
                                                                               boost::asio::deferred);
}

/// Suspends the awaiting coroutine and calls `hand_out` with a shared_ptr<suspension>, which ends the wait. hand_out
/// may end it at once. To be awaited in the expression that calls it. A caller that only throws the code calls wait().
/// @return the code that the wait was ended with; operation_aborted when the coroutine was cancelled; not_enough_memory
///         when there was none to suspend with, or hand_out threw std::bad_alloc. Nothing is thrown where the wait
///         begins, because that is a handler of the io_context.
template <class F>
auto suspend(F hand_out) {
  return suspend_as<void(wake_up)>(std::move(hand_out));
}

/// As suspend(), but it returns nothing, and throws any code other than success.
/// @throws boost::system::system_error with the code that suspend() would return; std::bad_alloc when there is no
///         memory for that.
template <class F>
auto wait(F hand_out) {
  return suspend_as<void(boost::system::error_code)>(std::move(hand_out));
}

}  // namespace cosio::inline v0_2::async
