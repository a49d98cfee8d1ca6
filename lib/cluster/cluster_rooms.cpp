// The rooms of this server that a wire has a channel for.

#include "cluster/cluster_rooms.hpp"

#include <utility>

#include "async/spawn.hpp"
#include "async/wait_until.hpp"

namespace cosio::inline v0_2::cluster {

void cluster_rooms::created(const std::string& room) {
  if (!take_back(room)) begin(room);
}

void cluster_rooms::prepare(const std::string& room) {
  {
    const base::lock_guard lock(mutex_);
    prepared_.emplace(room, true);
  }
  begin(room);
}

bool cluster_rooms::take_back(const std::string& room) {
  const base::lock_guard lock(mutex_);
  const auto found = prepared_.find(room);
  if (found == prepared_.end()) return false;
  prepared_.erase(found);
  return true;
}

void cluster_rooms::begin(const std::string& room) {
  auto one = std::make_shared<channel>();
  {
    const base::lock_guard lock(mutex_);
    unconfirmed_.insert_or_assign(room, one);
  }
  async::spawn(strand_, "cluster", create(shared_from_this(), room, std::move(one)));
}

void cluster_rooms::deleted(const std::string& room) {
  async::spawn(strand_, "cluster", remove(shared_from_this(), room));
}

task<> cluster_rooms::create(std::shared_ptr<cluster_rooms> self, std::string room, channel_ptr one) {
  std::exception_ptr thrown;
  try {
    co_await self->wire_->room_created(self->nsp_, room);
  } catch (...) {
    thrown = std::current_exception();
  }
  self->confirm(room, one);
  if (thrown) std::rethrow_exception(thrown);
}

task<> cluster_rooms::remove(std::shared_ptr<cluster_rooms> self, std::string room) {
  co_await self->wire_->room_deleted(self->nsp_, std::move(room));
}

void cluster_rooms::confirm(const std::string& room, const channel_ptr& one) {
  std::vector<std::weak_ptr<async::suspension>> waiting;
  {
    const base::lock_guard lock(mutex_);
    one->confirmed = true;
    waiting.swap(one->waiting);
    // The room may have been deleted and created again meanwhile.
    if (const auto found = unconfirmed_.find(room); found != unconfirmed_.end() && found->second == one)
      unconfirmed_.erase(found);
  }
  for (const auto& weak : waiting)
    if (const auto alive = weak.lock()) alive->end();
}

std::vector<cluster_rooms::channel_ptr> cluster_rooms::unconfirmed(const std::vector<std::string>& rooms) const {
  std::vector<channel_ptr> out;
  const base::lock_guard lock(mutex_);
  if (unconfirmed_.empty()) return out;
  for (const std::string& room : rooms)
    if (const auto found = unconfirmed_.find(room); found != unconfirmed_.end()) out.push_back(found->second);
  return out;
}

bool cluster_rooms::add(channel& one, const std::weak_ptr<async::suspension>& waiting) {
  const base::lock_guard lock(mutex_);
  if (one.confirmed) return false;
  one.waiting.push_back(waiting);
  return true;
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<> cluster_rooms::until_confirmed(std::shared_ptr<cluster_rooms> self, std::vector<std::string> rooms,
                                      async::deadlines& timers, async::time_point until) {
  const std::vector<channel_ptr> channels = self->unconfirmed(rooms);
  for (const channel_ptr& one : channels) {
    auto started = [self, one](const std::weak_ptr<async::suspension>& waiting) {
      if (self->add(*one, waiting)) return;
      if (const auto alive = waiting.lock()) alive->end();
    };
    co_await async::wait_until(timers, until, std::move(started));
  }
}

}  // namespace cosio::inline v0_2::cluster
