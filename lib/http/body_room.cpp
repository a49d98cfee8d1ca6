// Room for bodies that are read before it is known whether they are worth it.

#include "http/body_room.hpp"

namespace cosio::inline v0_2::http {

std::unique_ptr<body_room::place> body_room::take(std::size_t bytes, const std::shared_ptr<exchange>& of) {
  if (bytes > most_) return nullptr;
  entries mine;
  mine.push_back(std::make_shared<entry>(bytes, of));
  auto taken = std::make_unique<place>(shared_from_this(), mine.begin());
  entries dropped;
  {
    const base::lock_guard lock(mutex_);
    while (used_ > most_ - bytes) {
      entry& oldest = *read_.front();
      oldest.is_dropped = true;
      used_ -= oldest.bytes;
      dropped.splice(dropped.end(), read_, read_.begin());
    }
    used_ += bytes;
    read_.splice(read_.end(), mine);
  }
  for (const auto& one : dropped)
    if (const auto slow = one->of.lock()) slow->drop_body();
  return taken;
}

std::size_t body_room::used() const {
  const base::lock_guard lock(mutex_);
  return used_;
}

void body_room::leave(entries::iterator at, const entry& one) noexcept {
  const base::lock_guard lock(mutex_);
  if (one.is_dropped) return;
  used_ -= one.bytes;
  read_.erase(at);
}

}  // namespace cosio::inline v0_2::http
