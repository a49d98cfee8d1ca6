// Small tables behind one lock; nothing waits while it is held, and the file is written after it.

#include "house.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <tuple>
#include <utility>

#include "text.hpp"

namespace chat {
namespace {

// In characters. The page has the same figures.
constexpr std::size_t max_name = 32;
constexpr std::size_t max_text = 2'000;
constexpr std::size_t max_key_bytes = 64;

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string or_else(std::string name, const char* otherwise) { return name.empty() ? otherwise : name; }

}  // namespace

house::house(std::filesystem::path file) : diary_(std::move(file)) {
  for (line& said : diary_.read()) history_.keep(std::move(said));
}

person house::enter(const std::string& visitor, const introduction& who) {
  const std::string wanted = or_else(one_line(who.name, max_name), "guest");
  person now{public_id(who.secret.empty() ? visitor : who.secret), {}, or_else(one_line(who.room, max_name), "lobby")};
  const std::lock_guard lock(mutex_);
  if (const auto before = visitors_.find(visitor); before != visitors_.end()) now.id = before->second.id;
  now.name = free_name(wanted, now.id);
  for (auto& [tab, somebody] : visitors_) {
    if (somebody.id == now.id) somebody.name = now.name;
  }
  ++revision_;
  return visitors_[visitor] = now;
}

void house::come_back(const std::string& visitor, const person& who) {
  const std::lock_guard lock(mutex_);
  ++revision_;
  visitors_[visitor] = who;
  visitors_[visitor].name = free_name(who.name, who.id);
}

void house::leave(const std::string& visitor) {
  const std::lock_guard lock(mutex_);
  revision_ += visitors_.erase(visitor);
}

person house::find(const std::string& visitor) const {
  const std::lock_guard lock(mutex_);
  const auto found = visitors_.find(visitor);
  return found == visitors_.end() ? person{} : found->second;
}

attendance house::everybody() const {
  const std::lock_guard lock(mutex_);
  attendance all{revision_, {}};
  std::set<std::tuple<std::string, std::string>> seen;
  for (const auto& [visitor, who] : visitors_) {
    if (seen.emplace(who.id, who.room).second) all.people.push_back(who);
  }
  return all;
}

welcome house::look_around(const std::string& visitor) const {
  const person you = find(visitor);
  const std::lock_guard lock(mutex_);
  return {you, history_.of(you.room), history_.newest()};
}

line house::remember(const std::string& visitor, const message& what) {
  const person who = find(visitor);
  line said{0, what.key, who.id, who.name, who.room, several_lines(what.text, max_text), now()};
  if (who.id.empty() || said.text.empty() || said.key.size() > max_key_bytes) return {};
  {
    const std::lock_guard lock(mutex_);
    if (const line* before = history_.find(said.room, said.author, said.key)) return *before;
    // Microseconds, so that numbers grow also across a restart that has lost the history.
    said.number = std::max(history_.last_number() + 1, static_cast<std::uint64_t>(said.at) * 1'000);
    history_.keep(said);
  }
  diary_.write(said);
  return said;
}

line house::rewrite(const std::string& visitor, std::uint64_t number, std::string_view text) {
  const person who = find(visitor);
  line now;
  {
    const std::lock_guard lock(mutex_);
    const line* const before = history_.find(who.room, who.id, number);
    if (before == nullptr) return {};
    now = *before;
    now.text = several_lines(text, max_text);
    now.edited = true;
    history_.keep(now);
  }
  diary_.write(now);
  return now;
}

receipt house::count(const line& said, const std::vector<std::string>& who_have_it) const {
  const std::set<std::string> have_it(who_have_it.begin(), who_have_it.end());
  receipt of{said.number};
  for (const person& who : everybody().people) {
    if (who.room != said.room || who.id == said.author) continue;
    ++of.others;
    of.received += have_it.count(who.id);
  }
  return of;
}

// "Ada", and for the next one "Ada 2".
std::string house::free_name(const std::string& wanted, const std::string& id) const {
  const auto taken = [&](const std::string& name) {
    return std::ranges::any_of(visitors_, [&, same = folded(name)](const auto& entry) {
      return entry.second.id != id && folded(entry.second.name) == same;
    });
  };
  std::string name = wanted;
  for (int i = 2; taken(name); ++i) name = wanted + " " + std::to_string(i);
  return name;
}

}  // namespace chat
