// Room for bodies that are read before it is known whether they are worth it.

#include "http/body_room.hpp"

namespace cosio::inline v0_2::http {

std::shared_ptr<body_room::place> body_room::begin(const std::shared_ptr<exchange>& of) {
  entries mine;
  mine.push_back(std::make_shared<entry>(of));
  auto made = std::make_shared<place>(shared_from_this(), std::move(mine));
  of->watch_body(made);
  return made;
}

bool body_room::place::came(std::size_t bytes) {
  in_->grow(waiting_, *of_, bytes);
  return !is_dropped();
}

// The last one that is dropped may be the one that grows: then it needs more than all room.
void body_room::grow(entries& from, entry& by, std::size_t bytes) {
  entries dropped;
  {
    const base::lock_guard lock(mutex_);
    if (by.is_dropped || bytes <= by.bytes) return;
    read_.splice(read_.end(), from);
    used_ += bytes - by.bytes;
    by.bytes = bytes;
    while (used_ > most_) {
      entry& first = *read_.front();
      first.is_dropped = true;
      used_ -= first.bytes;
      dropped.splice(dropped.end(), read_, read_.begin());
    }
  }
  for (const auto& one : dropped)
    if (const auto slow = one->of.lock()) slow->drop_body();
}

std::size_t body_room::used() const {
  const base::lock_guard lock(mutex_);
  return used_;
}

void body_room::leave(entries::iterator at, const entry& one) noexcept {
  const base::lock_guard lock(mutex_);
  if (one.is_dropped || one.bytes == 0) return;
  used_ -= one.bytes;
  read_.erase(at);
}

}  // namespace cosio::inline v0_2::http
