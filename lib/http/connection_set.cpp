// The list of connections, and its lock.

#include "http/connection_set.hpp"

#include <utility>

#include "base/guarded.hpp"

namespace cosio::inline v0_2::http {

bool connection_set::add(member& joined) {
  const base::lock_guard lock(mutex_);
  members_.push_back(joined);
  joined.pass_ = async::gate::pass(inside_);
  return closing_;
}

void connection_set::remove(member& gone) {
  async::gate::pass leaving;  // is given back after the lock
  const base::lock_guard lock(mutex_);
  if (!gone.is_linked()) return;
  members_.erase(members_.iterator_to(gone));
  leaving = std::move(gone.pass_);
}

void connection_set::close_all() {
  const base::lock_guard lock(mutex_);
  closing_ = true;
  for (member& m : members_) m.close_when_idle();
}

void connection_set::cut_all() {
  const base::lock_guard lock(mutex_);
  for (member& m : members_) m.cut();
}

void connection_set::reopen() {
  const base::lock_guard lock(mutex_);
  closing_ = false;
}

}  // namespace cosio::inline v0_2::http
