// Waiting, but not for ever.

#pragma once
#include <cosio/task.hpp>

#include <memory>
#include <utility>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"

namespace cosio::async {

/// Ends a wait when the time is over.
class patience final : public deadline {
 public:
  explicit patience(std::shared_ptr<suspension> waiting) : waiting_(std::move(waiting)) {}
  void on_deadline() noexcept override { waiting_->end(); }

 private:
  std::shared_ptr<suspension> waiting_;
};

/// Waits until `when`, or until somebody ends the suspension that `started` was given. @throws what cancels the wait.
template <class F>
task<> wait_until(deadlines& timers, time_point when, F started) {
  std::shared_ptr<patience> limit;
  auto hand_out = [&timers, &limit, &started, when](std::shared_ptr<suspension> waiting) {
    limit = std::make_shared<patience>(waiting);
    limit->owned_by(limit);
    timers.arm(*limit, when);
    started(std::move(waiting));
  };
  const boost::system::error_code ec = co_await suspend(std::move(hand_out));
  timers.disarm(*limit);
  if (ec) throw boost::system::system_error(ec);
}

}  // namespace cosio::async
