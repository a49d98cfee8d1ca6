// Name -> listeners.

#include "socketio/listeners.hpp"

#include <algorithm>
#include <utility>

namespace cosio::socketio {

std::uint64_t listeners::add(std::string_view event, listener what, bool once, bool first) {
  const shared_name name = shared(event);
  const std::lock_guard lock(mutex_);
  if (closed_) return 0;
  // Sockets have few listeners, and there are many sockets: room for two more, not for twice as many.
  if (entries_.size() == entries_.capacity() && entries_.size() < 16) entries_.reserve(entries_.size() + 2);
  const std::uint64_t id = 2 * ++last_id_ + (once ? 1 : 0);
  entries_.insert(first ? entries_.begin() : entries_.end(), entry{name, std::move(what), id});
  return id;
}

void listeners::remove(std::uint64_t id) {
  listener last;  // a callable may have captured anything: it dies outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [id](const entry& e) { return e.id == id; });
  if (found == entries_.end()) return;
  last = std::move(found->what);
  entries_.erase(found);
}

void listeners::remove_all(std::string_view event) {
  std::vector<entry> gone;
  const std::lock_guard lock(mutex_);
  for (entry& e : entries_)
    if (*e.event == event) gone.push_back(std::move(e));
  std::erase_if(entries_, [](const entry& e) { return !e.what; });  // those that were moved away
}

void listeners::remove_all() {
  std::vector<entry> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(entries_);
}

void listeners::close() {
  std::vector<entry> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(entries_);
  closed_ = true;
}

listeners::few listeners::take(std::string_view event) {
  few out;
  const std::lock_guard lock(mutex_);
  bool any_once = false;
  for (const entry& e : entries_) {
    if (*e.event != event) continue;
    out.push_back(e.what);
    any_once |= e.once();
  }
  if (any_once) std::erase_if(entries_, [event](const entry& e) { return e.once() && *e.event == event; });
  return out;
}

std::size_t listeners::count(std::string_view event) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [event](const entry& e) { return *e.event == event; }));
}

std::size_t listeners::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::vector<std::uint64_t> listeners::numbers(std::string_view event) const {
  std::vector<std::uint64_t> out;
  const std::lock_guard lock(mutex_);
  for (const entry& e : entries_)
    if (*e.event == event) out.push_back(e.id);
  return out;
}

std::vector<std::string> listeners::names() const {
  std::vector<std::string> out;
  const std::lock_guard lock(mutex_);
  for (const entry& e : entries_)
    if (std::find(out.begin(), out.end(), *e.event) == out.end()) out.push_back(*e.event);
  return out;
}

task<> run_kept(listeners::listener listener, task<> work) {
  static_cast<void>(listener);
  co_await std::move(work);
}

}  // namespace cosio::socketio
