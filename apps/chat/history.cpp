// A room is a queue of lines that is sorted by their numbers.

#include "history.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace chat {
namespace {

constexpr std::size_t max_lines = 100;  // in a room
constexpr std::size_t max_rooms = 100;

std::set<std::string_view> authors_of(const std::deque<line>& lines) {
  std::set<std::string_view> authors;
  for (const line& one : lines) authors.insert(one.author);
  return authors;
}

}  // namespace

void history::keep(line said) {
  last_number_ = std::max(last_number_, said.number);
  auto& lines = rooms_[said.room];
  const auto place = std::ranges::lower_bound(lines, said.number, {}, &line::number);
  if (place != lines.end() && place->number == said.number) {
    *place = std::move(said);
    return;
  }
  lines.insert(place, std::move(said));
  if (lines.size() > max_lines) lines.pop_front();
  if (rooms_.size() > max_rooms) forget_a_room();
}

const line* history::find(const std::string& room, const std::string& author, const std::string& key) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end() || key.empty()) return nullptr;
  const auto same = [&](const line& one) { return one.key == key && one.author == author; };
  const auto place = std::ranges::find_if(found->second, same);
  return place == found->second.end() ? nullptr : &*place;
}

const line* history::find(const std::string& room, const std::string& author, std::uint64_t number) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return nullptr;
  const auto place = std::ranges::lower_bound(found->second, number, {}, &line::number);
  const bool is_it = place != found->second.end() && place->number == number && place->author == author;
  return is_it ? &*place : nullptr;
}

std::vector<line> history::of(const std::string& room) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<line> history::everything() const {
  std::vector<line> all;
  for (const auto& [room, lines] : rooms_) all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

std::vector<news> history::newest() const {
  std::vector<news> all;
  for (const auto& [room, lines] : rooms_) all.push_back({room, lines.back().number});
  return all;
}

void history::forget_a_room() {
  std::map<std::string_view, std::size_t> rooms_of;  // by author
  for (const auto& [room, lines] : rooms_) {
    for (const std::string_view author : authors_of(lines)) ++rooms_of[author];
  }
  // A room is as good as its author with the fewest rooms, so nobody harms one by writing there.
  using rank = std::tuple<std::size_t, std::size_t, std::uint64_t>;
  rank worst{};
  auto goes = rooms_.end();
  for (auto room = rooms_.begin(); room != rooms_.end(); ++room) {
    if (room->first == lobby) continue;
    const auto authors = authors_of(room->second);
    std::size_t fewest = max_rooms + 1;
    for (const std::string_view author : authors) fewest = std::min(fewest, rooms_of[author]);
    const std::uint64_t age = std::numeric_limits<std::uint64_t>::max() - room->second.back().number;
    const rank now{fewest, max_lines - authors.size(), age};
    if (goes != rooms_.end() && now < worst) continue;
    worst = now;
    goes = room;
  }
  rooms_.erase(goes);
}

}  // namespace chat
