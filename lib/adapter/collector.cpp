// Collecting answers, and waiting for them.

#include "adapter/collector.hpp"

#include <utility>

#include "base/guarded.hpp"

namespace cosio::adapters {

void collector::expect(std::size_t answers) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    if (silent_servers_ > 0) --silent_servers_;
    expected_ += answers;
    wake = if_over();
  }
  if (wake) wake->end();
}

void collector::answered(arguments answer) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    responses_.push_back(std::move(answer));
    ++ended_;
    wake = if_over();
  }
  if (wake) wake->end();
}

void collector::gone() {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    ++ended_;
    wake = if_over();
  }
  if (wake) wake->end();
}

void collector::on_deadline() noexcept {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    timed_out_ = true;
    wake = waiting_;
  }
  if (wake) wake->end();
}

void collector::suspended(std::shared_ptr<async::suspension> waiting) {
  {
    const base::lock_guard lock(mutex_);
    waiting_ = waiting;
    if (!all_there() && !timed_out_) return;
  }
  waiting->end();
}

answers collector::take() {
  const base::lock_guard lock(mutex_);
  const bool complete = all_there() && responses_.size() >= expected_;
  return answers(std::move(responses_), complete);
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<answers> collector::wait(std::shared_ptr<collector> self, async::deadlines& timers,
                              std::chrono::milliseconds timeout) {
  bool over = false;
  {
    const base::lock_guard lock(self->mutex_);
    over = self->all_there();
  }
  if (!over) {
    self->owned_by(self);
    timers.arm_after(*self, timeout);
    auto hand_out = [self](std::shared_ptr<async::suspension> waiting) { self->suspended(std::move(waiting)); };
    const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
    timers.disarm(*self);
    if (ec) throw boost::system::system_error(ec);
  }
  co_return self->take();
}

}  // namespace cosio::adapters
