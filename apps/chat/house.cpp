// Small tables behind one lock; nothing waits while it is held.

#include "house.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "text.hpp"

namespace chat {
namespace {

constexpr std::size_t max_name_bytes = 32;
constexpr std::size_t max_room_bytes = 32;
constexpr std::size_t max_text_bytes = 4'000;
constexpr std::size_t max_history = 50;  // lines per room

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string room_name(std::string_view wanted) {
  std::string name = one_line(wanted, max_room_bytes);
  return name.empty() ? "lobby" : name;
}

}  // namespace

person house::enter(const std::string& id, const introduction& who) {
  const std::string wanted = one_line(who.name, max_name_bytes);
  const std::lock_guard lock(mutex_);
  ++revision_;
  return people_[id] = person{id, free_name(wanted.empty() ? "guest" : wanted), room_name(who.room)};
}

person house::move(const std::string& id, std::string_view room) {
  const std::lock_guard lock(mutex_);
  const auto found = people_.find(id);
  if (found == people_.end()) return {};
  person before = found->second;
  found->second.room = room_name(room);
  ++revision_;
  forget_room_if_empty(before.room);
  return before;
}

void house::leave(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = people_.extract(id);
  if (!found) return;
  ++revision_;
  forget_room_if_empty(found.mapped().room);
}

person house::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = people_.find(id);
  return found == people_.end() ? person{} : found->second;
}

attendance house::everybody() const {
  const std::lock_guard lock(mutex_);
  attendance all{revision_, {}};
  for (const auto& [id, who] : people_) all.people.push_back(who);
  return all;
}

line house::remember(const std::string& id, std::string_view text) {
  line said;
  said.text = several_lines(text, max_text_bytes);
  const std::lock_guard lock(mutex_);
  const auto found = people_.find(id);
  if (found == people_.end() || said.text.empty()) return {};
  said.id = id;
  said.name = found->second.name;
  said.room = found->second.room;
  said.number = ++lines_;
  said.at = now();
  auto& history = histories_[said.room];
  history.push_back(said);
  if (history.size() > max_history) history.pop_front();
  return said;
}

welcome house::look_around(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  welcome view;
  const auto found = people_.find(id);
  if (found == people_.end()) return view;
  view.you = found->second;
  if (const auto history = histories_.find(view.you.room); history != histories_.end()) {
    view.history.assign(history->second.begin(), history->second.end());
  }
  return view;
}

// "Ada", and for the next one "Ada 2".
std::string house::free_name(const std::string& wanted) const {
  const auto taken = [&](const std::string& name) {
    return std::ranges::any_of(people_, [&](const auto& entry) { return entry.second.name == name; });
  };
  std::string name = wanted;
  for (int i = 2; taken(name); ++i) name = wanted + " " + std::to_string(i);
  return name;
}

void house::forget_room_if_empty(const std::string& room) {
  const bool somebody = std::ranges::any_of(people_, [&](const auto& entry) { return entry.second.room == room; });
  if (!somebody) histories_.erase(room);
}

}  // namespace chat
