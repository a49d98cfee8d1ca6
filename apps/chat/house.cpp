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

house::house(std::filesystem::path file)
    : secret_(random_secret()), diary_(std::move(file), [this] {
        const std::lock_guard lock(mutex_);
        return history_.everything();
      }) {
  for (line& said : diary_.read()) history_.keep(std::move(said));
}

person house::enter(const std::string& visitor, const introduction& who) {
  // Everybody knows the id of a socket, so a person that is made of it needs a secret as well.
  const std::string secret = who.secret.empty() ? secret_ + "visitor " + visitor : who.secret;
  person now{public_id(secret), or_else(one_line(who.name, max_name), "guest"),
             or_else(one_line(who.room, max_name), lobby)};
  const std::lock_guard lock(mutex_);
  if (const auto before = visitors_.find(visitor); before != visitors_.end()) now.id = before->second.id;
  return let_in(visitor, std::move(now));
}

void house::come_back(const std::string& visitor, const person& who) {
  if (who.id.empty()) return;
  const std::lock_guard lock(mutex_);
  let_in(visitor, who);
}

void house::leave(const std::string& visitor) {
  const std::lock_guard lock(mutex_);
  const auto gone = visitors_.extract(visitor);
  if (gone.empty()) return;
  const person& who = gone.mapped();
  const bool has_other_tabs = std::ranges::any_of(visitors_, [&](const auto& tab) { return tab.second.id == who.id; });
  if (!has_other_tabs) names_.erase(folded(who.name));
}

person house::find(const std::string& visitor) const {
  const std::lock_guard lock(mutex_);
  const auto found = visitors_.find(visitor);
  return found == visitors_.end() ? person{} : found->second;
}

moves house::look_for_moves() {
  const std::lock_guard lock(mutex_);
  std::map<place, person> now;
  for (const auto& [visitor, who] : visitors_) now.try_emplace({who.id, who.room}, who);
  moves news;
  for (const auto& [where, who] : now) {
    const auto before = told_.find(where);
    if (before == told_.end() || before->second.name != who.name) news.came.push_back(who);
  }
  for (const auto& [where, who] : told_) {
    if (!now.contains(where)) news.left.push_back(who);
  }
  told_ = std::move(now);
  if (!news.came.empty() || !news.left.empty()) news.revision = ++revision_;
  return news;
}

attendance house::everybody() const {
  const std::lock_guard lock(mutex_);
  attendance all{revision_, {}};
  for (const auto& [where, who] : told_) all.people.push_back(who);
  return all;
}

std::size_t house::size() const {
  const std::lock_guard lock(mutex_);
  return visitors_.size();
}

welcome house::look_around(const std::string& visitor) const {
  const person you = find(visitor);
  const attendance all = everybody();
  const std::lock_guard lock(mutex_);
  return {you, pass_of(you.id), all, history_.of(you.room), history_.newest()};
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

receipt house::count(const line& said, const std::vector<std::string>& passes) const {
  const std::set<std::string> have_it(passes.begin(), passes.end());
  std::set<std::string> others;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [visitor, who] : visitors_) {
      if (who.room == said.room && who.id != said.author) others.insert(who.id);
    }
  }
  receipt of{said.number, 0, others.size()};
  for (const std::string& id : others) of.received += have_it.count(pass_of(id));
  return of;
}

const person& house::let_in(const std::string& visitor, person who) {
  who.name = free_name(who.name, who.id);
  std::erase_if(names_, [&](const auto& name) { return name.second == who.id; });
  names_[folded(who.name)] = who.id;
  for (auto& [tab, somebody] : visitors_) {
    if (somebody.id == who.id) somebody.name = who.name;
  }
  return visitors_[visitor] = std::move(who);
}

// "Ada", and for the next one "Ada 2".
std::string house::free_name(const std::string& wanted, const std::string& id) const {
  const auto taken = [&](const std::string& name) {
    const auto found = names_.find(name);
    return found != names_.end() && found->second != id;
  };
  const std::string same = folded(wanted);
  std::string number;
  for (int i = 2; taken(same + number); ++i) number = " " + std::to_string(i);
  return wanted + number;
}

std::string house::pass_of(const std::string& id) const { return public_id(secret_ + "pass " + id); }

}  // namespace chat
