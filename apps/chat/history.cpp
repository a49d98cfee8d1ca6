// A room is a queue of lines that is sorted by their numbers.

#include "history.hpp"

#include <algorithm>
#include <utility>

namespace chat {
namespace {

constexpr std::size_t max_lines = 100;  // in a room
constexpr std::size_t max_rooms = 100;

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

std::vector<news> history::newest() const {
  std::vector<news> all;
  for (const auto& [room, lines] : rooms_) all.push_back({room, lines.back().number});
  return all;
}

void history::forget_a_room() {
  const auto last = [](const auto& room) { return room.second.back().number; };
  rooms_.erase(std::ranges::min_element(rooms_, {}, last));
}

}  // namespace chat
