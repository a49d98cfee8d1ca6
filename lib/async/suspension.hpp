// One coroutine that waits for something of ours: an acknowledgement, room in an outbox, the end of a client.
//
// Whoever holds the suspension ends the wait, from any thread; the coroutine goes on on its own executor. Cancelling the coroutine
// ends it too. It ends once: whoever comes second is told so. When the io_context was ours and has ended, the coroutine is destroyed instead.

#pragma once
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cosio/task.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "async/own_context.hpp"
#include "async/strand.hpp"

namespace cosio::async {

class suspension {
 public:
  using handler = boost::asio::async_result<boost::asio::use_awaitable_t<>, void(boost::system::error_code)>::handler_type;

  explicit suspension(handler resume) : resume_(std::move(resume)) {}

  /// Ends the wait; the coroutine is posted to its executor. @return whether this was the first end.
  bool end(boost::system::error_code ec = {}) {
    auto resume = take();
    if (!resume) return false;
    if (context_ && context_->ended()) return true;
    auto ex = boost::asio::get_associated_executor(*resume);
    boost::asio::post(ex, [h = std::move(*resume), ec]() mutable { std::move(h)(ec); });
    return true;
  }

  /// The same, but when this runs on the coroutine's own strand it goes on at once, before this call returns: hold no lock.
  bool end_now(boost::system::error_code ec = {}) {
    auto resume = take();
    if (!resume) return false;
    if (context_ && context_->ended()) return true;
    auto on = boost::asio::get_associated_executor(*resume);
    const auto* own = on.target<strand>();
    if (own != nullptr && own->running_in_this_thread()) {
      std::move(*resume)(ec);
    } else {
      boost::asio::post(on, [h = std::move(*resume), ec]() mutable { std::move(h)(ec); });
    }
    return true;
  }

 private:
  std::optional<handler> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(resume_, std::nullopt);
  }

  // The coroutine has executors of it, which must not outlive it: declared first.
  const std::shared_ptr<own_context> context_ = own_context::running();
  std::mutex mutex_;
  std::optional<handler> resume_;
};

/// Suspends the calling coroutine and gives `hand_out` a shared_ptr<suspension> to end it with; hand_out may end it at once.
/// @return the code that the wait was ended with; operation_aborted when the coroutine was cancelled.
template <class F>
task<boost::system::error_code> suspend(F hand_out) {
  using boost::system::error_code;
  auto initiate = [hand_out = std::move(hand_out)](suspension::handler resume) mutable {
    auto slot = boost::asio::get_associated_cancellation_slot(resume);
    auto waiting = std::make_shared<suspension>(std::move(resume));
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(waiting)](boost::asio::cancellation_type type) {
        const auto alive = weak.lock();
        if (alive && type != boost::asio::cancellation_type::none) alive->end(boost::asio::error::operation_aborted);
      });
    }
    hand_out(std::move(waiting));
  };
  error_code ec;
  try {
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(error_code)>(std::move(initiate),
                                                                                                boost::asio::use_awaitable);
  } catch (const boost::system::system_error& e) {
    ec = e.code();
  }
  co_return ec;
}

}  // namespace cosio::async
