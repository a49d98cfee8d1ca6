// Waiting with a time limit, or only for a time.
//
//   wait_until(timers, when, started) -> started(suspension) -> somebody ends it, or the time is over -> returns
//
// Everything that is collected "until all is there or the time is over" is awaited like this: acknowledgements of many
// clients, answers of other servers, the end of sessions.

#pragma once
#include <boost/asio/execution_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <cosio/task.hpp>

#include <memory>
#include <utility>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "async/waiting_room.hpp"

namespace cosio::inline v0_2::async {

/// Ends a wait when its time is over.
class wait_limit final : public deadline {
 public:
  explicit wait_limit(std::weak_ptr<suspension> waiting) : waiting_(std::move(waiting)) {}
  void on_deadline() noexcept override {
    if (const auto alive = waiting_.lock()) alive->end();
  }

 private:
  std::weak_ptr<suspension> waiting_;
};

/// Waits until `when`, or until somebody ends the suspension. `started` is called with it as a weak_ptr, because the
/// io_context owns the waiting coroutine, and destroys it when the io_context itself is destroyed.
/// @throws boost::system::system_error operation_aborted when the coroutine was cancelled; or any other code that the
///         wait was ended with.
template <class F>
task<> wait_until(deadlines& timers, time_point when, F started) {
  const boost::asio::any_io_executor here = co_await boost::asio::this_coro::executor;
  auto& room = boost::asio::use_service<waiting_room>(boost::asio::query(here, boost::asio::execution::context));
  std::weak_ptr<suspension> me;
  std::shared_ptr<wait_limit> limit;
  // Once armed, the time may be over on another thread, and the coroutine may end there: its frame, and with it every
  // capture, is gone then. So only copies are used after arm().
  auto hand_out = [&](std::shared_ptr<suspension> waiting) {
    me = waiting;
    limit = std::make_shared<wait_limit>(me);
    limit->owned_by(limit);
    room.add(waiting);
    const std::weak_ptr<suspension> mine = waiting;
    auto begin = std::move(started);
    const auto armed = limit;
    timers.arm(*armed, when);
    begin(mine);
  };
  const boost::system::error_code ec = co_await suspend(std::move(hand_out));
  if (limit) timers.disarm(*limit);  // none without memory for it
  if (const auto waited = me.lock()) room.remove(waited);
  if (ec) throw boost::system::system_error(ec);
}

/// Waits until `when`. @throws boost::system::system_error operation_aborted when the coroutine was cancelled.
inline task<> wait_until(deadlines& timers, time_point when) {
  auto nobody = [](const std::weak_ptr<suspension>&) {};
  return wait_until(timers, when, std::move(nobody));
}

}  // namespace cosio::inline v0_2::async
