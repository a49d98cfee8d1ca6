// Collecting answers, and waiting for them.

#include "adapter/collector.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>

#include "async/wait_until.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::adapters {

void collector::expect_servers(std::size_t servers) {
  const base::lock_guard lock(mutex_);
  silent_servers_ = servers;
}

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

void collector::cancel(std::string why) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    cancelled_ = std::move(why);
    wake = waiting_.lock();
  }
  if (wake) wake->end();
}

void collector::suspended(const std::weak_ptr<async::suspension>& waiting) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    waiting_ = waiting;
    wake = if_over();
  }
  if (wake) wake->end();
}

bool collector::is_over() const {
  const base::lock_guard lock(mutex_);
  return ends();
}

// Of a server that has not said how many answers come from it, one is missing at least.
partial<std::vector<arguments>> collector::take() {
  const base::lock_guard lock(mutex_);
  if (!all_there() && !cancelled_.empty()) throw error(errc::cancelled, cancelled_);
  const std::size_t received = responses_.size();
  const std::size_t expected = silent_servers_ == 0 ? expected_ : std::max(expected_, received) + silent_servers_;
  return partial(std::move(responses_), shortfall(expected, received));
}

task<> collector::until_over(std::shared_ptr<collector> self, async::deadlines& timers,
                             std::chrono::milliseconds timeout) {
  auto started = [self = std::move(self)](const std::weak_ptr<async::suspension>& waiting) {
    self->suspended(waiting);
  };
  return async::wait_until(timers, timers.after(timeout), std::move(started));
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<answers> collector::wait(std::shared_ptr<collector> self, async::deadlines& timers,
                              std::chrono::milliseconds timeout) {
  if (!self->is_over()) co_await until_over(self, timers, timeout);
  auto got = self->take();
  co_return answers(std::move(got.value), !got.missing);
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<partial<std::vector<arguments>>> collector::wait_for_parts(std::shared_ptr<collector> self,
                                                                async::deadlines& timers,
                                                                std::chrono::milliseconds timeout) {
  if (!self->is_over()) co_await until_over(self, timers, timeout);
  co_return self->take();
}

}  // namespace cosio::inline v0_2::adapters
