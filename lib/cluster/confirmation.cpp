// Something that comes once, and that a coroutine waits for.

#include "cluster/confirmation.hpp"

#include "async/wait_until.hpp"

namespace cosio::inline v0_2::cluster {

void confirmation::give() noexcept {
  std::shared_ptr<async::suspension> waiting;
  {
    const base::lock_guard lock(mutex_);
    given_ = true;
    waiting = waiting_.lock();
  }
  if (waiting) waiting->end();
}

task<bool> confirmation::wait(std::shared_ptr<confirmation> self, async::deadlines& timers, async::time_point limit) {
  auto started = [self](const std::weak_ptr<async::suspension>& waiting) {
    {
      const base::lock_guard lock(self->mutex_);
      self->waiting_ = waiting;
      if (!self->given_) return;
    }
    if (const auto given = waiting.lock()) given->end();
  };
  auto waits = async::wait_until(timers, limit, std::move(started));
  co_await std::move(waits);
  const base::lock_guard lock(self->mutex_);
  co_return self->given_;
}

}  // namespace cosio::inline v0_2::cluster
