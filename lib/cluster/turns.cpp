// A few at once, the others in line.

#include "cluster/turns.hpp"

#include <algorithm>
#include <utility>

namespace cosio::inline v0_2::cluster {

turns::places turns::begin(turn& one) {
  const base::lock_guard lock(mutex_);
  if (running_ < at_once_) {
    ++running_;
    one.has_come_ = true;
    return places::has_come;
  }
  if (line_.size() >= most_in_line_) return places::too_many;
  line_.push_back(&one);
  return places::in_line;
}

bool turns::has_come(const turn& one) const {
  const base::lock_guard lock(mutex_);
  return one.has_come_;
}

// The place of a turn that has ended goes to the first one in line.
void turns::end(turn& one) noexcept {
  std::shared_ptr<confirmation> next;
  {
    const base::lock_guard lock(mutex_);
    if (!one.has_come_) {
      if (const auto at = std::ranges::find(line_, &one); at != line_.end()) line_.erase(at);
      return;
    }
    if (line_.empty()) {
      --running_;
      return;
    }
    line_.front()->has_come_ = true;
    next = line_.front()->comes_;
    line_.pop_front();
  }
  next->give();
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<std::shared_ptr<turns::turn>> turns::take(std::shared_ptr<turns> self, async::deadlines& timers,
                                               async::time_point until) {
  auto mine = std::make_shared<turn>(self);
  const places at = self->begin(*mine);
  if (at == places::too_many) co_return nullptr;
  if (at == places::in_line) {
    auto waits = confirmation::wait(mine->comes_, timers, until);
    co_await std::move(waits);
    if (!self->has_come(*mine)) co_return nullptr;
  }
  co_return mine;
}

}  // namespace cosio::inline v0_2::cluster
