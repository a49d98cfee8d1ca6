// The suspensions that nobody owns but their own coroutines.

#include "async/waiting_room.hpp"

#include <utility>

#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

void waiting_room::add(std::shared_ptr<suspension> waiting) {
  const base::lock_guard lock(mutex_);
  here_.insert(std::move(waiting));
}

void waiting_room::remove(const std::shared_ptr<suspension>& waiting) noexcept {
  const base::lock_guard lock(mutex_);
  here_.erase(waiting);
}

void waiting_room::shutdown() noexcept {
  std::unordered_set<std::shared_ptr<suspension>> gone;  // destroyed without the lock: they may call remove()
  {
    const base::lock_guard lock(mutex_);
    gone.swap(here_);
  }
}

}  // namespace cosio::inline v0_2::async
