// The model of connection state recovery.

#include "simulation/recovery_model.hpp"

#include <algorithm>
#include <utility>

namespace cosio::simulation {

void recovery_model::noted(std::uint64_t note, std::vector<std::string> rooms, std::string except) {
  places_[note] = stream_.size();
  stream_.push_back({note, now_, std::move(rooms), std::move(except), {}});
}

std::vector<recovery_model::concern> recovery_model::concerns(const std::set<std::string>& rooms,
                                                              std::size_t from) const {
  std::vector<concern> out;
  for (std::size_t i = from; i < stream_.size(); ++i) {
    const event& e = stream_[i];
    const bool meant = e.rooms.empty() || std::any_of(e.rooms.begin(), e.rooms.end(),
                                                      [&](const std::string& room) { return rooms.contains(room); });
    if (meant && !rooms.contains(e.except)) out.push_back({e.note, e.at});
  }
  return out;
}

void recovery_model::offset_of_note(std::uint64_t note, const std::string& offset) {
  const auto place = places_.find(note);
  if (place == places_.end())
    return journal_.complain("note " + std::to_string(note) + " has an offset, but cannot be missed");
  event& e = stream_[place->second];
  const bool is_new = offsets_.try_emplace(offset, place->second + 1).first->second == place->second + 1;
  if (!is_new || (!e.offset.empty() && e.offset != offset))
    return journal_.complain("note " + std::to_string(note) + " has the offset " + offset + ", which is another's");
  e.offset = offset;
}

void recovery_model::kept(const std::string& pid, absence who) {
  journal_.write([&] { return "socket " + who.id.substr(0, 6) + "… is away"; });
  gone_.erase(pid);
  away_[pid] = std::move(who);
}

bool recovery_model::kept_again(const std::string& pid) {
  const auto known = restored_.find(pid);
  if (known == restored_.end()) return false;
  on_the_way_.erase(known->second.id);
  kept(pid, std::move(known->second));
  restored_.erase(known);
  return true;
}

void recovery_model::restored(const std::string& pid, const std::string& offset, bool found) {
  const auto known = away_.find(pid);
  if (known == away_.end()) {
    if (gone_.contains(pid)) journal_.met(feature::came_twice);
    if (found) journal_.complain("a session is restored that is not away");
    return;
  }
  way_back who{std::move(known->second), 0, {}};
  away_.erase(known);
  gone_.insert(pid);
  const bool too_late = now_ - who.from.since > rules_.longest;
  const auto place = offsets_.find(offset);
  const bool no_place = !offset.empty() && place == offsets_.end();
  if (offset.empty()) {
    journal_.met(feature::came_without_offset);
    who.heard = who.from.begin;
  } else if (!no_place) {
    who.heard = std::max(place->second, who.from.begin);
  }
  if (too_late) journal_.met(feature::came_too_late);
  if (no_place) journal_.met(feature::came_with_other_text);
  if (found && too_late) journal_.complain("socket " + who.from.id + " is restored too late");
  if (found && no_place) who.doubt = "a session is restored behind an event that no client has heard: " + offset;
  if (!found && !too_late && !no_place && rules_.generous)
    journal_.complain("socket " + who.from.id + " is back in time, and is not restored");
  if (!found && !too_late && !no_place) journal_.met(feature::too_much_missed);
  journal_.write(
      [&] { return "socket " + who.from.id.substr(0, 6) + (found ? "… comes back" : "… may not come back"); });
  if (!found) return;
  restored_.insert_or_assign(pid, who.from);
  std::string id = who.from.id;
  on_the_way_.insert_or_assign(std::move(id), std::move(who));
}

const recovery_model::way_back* recovery_model::coming_back(const std::string& id) const {
  const auto found = on_the_way_.find(id);
  return found == on_the_way_.end() ? nullptr : &found->second;
}

std::optional<recovery_model::way_back> recovery_model::take(const std::string& id) {
  const auto found = on_the_way_.find(id);
  if (found == on_the_way_.end()) return std::nullopt;
  way_back out = std::move(found->second);
  on_the_way_.erase(found);
  return out;
}

}  // namespace cosio::simulation
