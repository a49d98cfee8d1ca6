// The listeners of one socket.

#include "socketio/listeners.hpp"

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "socketio/shared_name.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

auto listens_to(std::string_view event) {
  return [event](const listeners::listener& l) { return l->name->text == event; };
}

}  // namespace

std::uint64_t listeners::add(std::string_view event, listener what, bool once, bool first) {
  what->name = shared(event);
  what->once = once ? 1 : 0;
  const base::lock_guard lock(mutex_);
  if (closed_ != 0) return 0;
  // Many sockets, with few listeners each: the list grows by one, not to twice its size.
  if (entries_.size() == entries_.capacity() && entries_.size() < 16) entries_.reserve(entries_.size() + 1);
  const std::uint32_t number = number_after(last_number_, {entries_.data(), entries_.size()});
  last_number_ = number & most_number;
  what->number = number & most_number;
  entries_.insert(first ? entries_.begin() : entries_.end(), std::move(what));
  return number;
}

std::uint32_t listeners::number_after(std::uint32_t last, std::span<const listener> in_use) noexcept {
  do last = last % most_number + 1;
  while (std::any_of(in_use.begin(), in_use.end(), [last](const listener& l) { return l->number == last; }));
  return last;
}

void listeners::remove(std::uint64_t number) {
  listener last;  // a callable may have captured anything: it is destroyed outside the lock
  const base::lock_guard lock(mutex_);
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [number](const listener& l) { return l->number == number; });
  if (found == entries_.end()) return;
  last = std::move(*found);
  entries_.erase(found);
}

void listeners::remove_all(std::string_view event) {
  std::vector<listener> gone;
  const base::lock_guard lock(mutex_);
  for (listener& l : entries_)
    if (listens_to(event)(l)) gone.push_back(std::move(l));
  entries_.erase(std::remove(entries_.begin(), entries_.end(), nullptr), entries_.end());  // those that were moved away
}

void listeners::remove_all() {
  list gone;
  const base::lock_guard lock(mutex_);
  gone.swap(entries_);
}

void listeners::close() {
  list gone;
  const base::lock_guard lock(mutex_);
  gone.swap(entries_);
  closed_ = 1;
}

listeners::few listeners::take(std::string_view event) {
  few out;
  const base::lock_guard lock(mutex_);
  bool any_once = false;
  for (const listener& l : entries_) {
    if (l->name->text != event) continue;
    out.push_back(l);
    any_once |= l->once != 0;
  }
  const auto is_done = [event](const listener& l) { return l->once != 0 && l->name->text == event; };
  if (any_once) entries_.erase(std::remove_if(entries_.begin(), entries_.end(), is_done), entries_.end());
  return out;
}

std::size_t listeners::count(std::string_view event) const {
  const base::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), listens_to(event)));
}

bool listeners::is_awaited(std::string_view event) const {
  const base::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [event](const listener& l) { return l->is_awaited() && l->name->text == event; });
}

std::size_t listeners::size() const {
  const base::lock_guard lock(mutex_);
  return entries_.size();
}

std::vector<std::uint64_t> listeners::numbers(std::string_view event) const {
  std::vector<std::uint64_t> out;
  const base::lock_guard lock(mutex_);
  for (const listener& l : entries_)
    if (l->name->text == event) out.push_back(l->number);
  return out;
}

std::vector<std::string> listeners::names() const {
  std::vector<std::string> out;
  const base::lock_guard lock(mutex_);
  for (const listener& l : entries_)
    if (std::find(out.begin(), out.end(), l->name->text) == out.end()) out.push_back(l->name->text);
  return out;
}

task<> run_kept(listeners::listener listener, task<> work) {
  static_cast<void>(listener);
  co_await std::move(work);
}

}  // namespace cosio::inline v0_2::socketio
