// The table of rooms and sockets.

#include "adapter/room_table.hpp"

#include <utility>

namespace cosio::adapters {

room_table::member& room_table::member_for(const std::shared_ptr<local_socket>& who) {
  member& slot = members_[who->id()];
  if (!slot.socket) slot.socket = who;
  return slot;
}

void room_table::tell_joined(std::string_view name, std::string_view id, bool was_there, room_events* events) const {
  if (events == nullptr) return;
  if (!was_there) events->emplace_back(room_event::kind::created, std::string(name));
  events->emplace_back(room_event::kind::joined, std::string(name), std::string(id));
}

void room_table::tell_left(std::string_view name, std::string_view id, room_events* events) const {
  if (events == nullptr) return;
  events->emplace_back(room_event::kind::left, std::string(name), std::string(id));
  if (!contains(name)) events->emplace_back(room_event::kind::deleted, std::string(name));
}

void room_table::expect(const std::shared_ptr<local_socket>& who) {
  member_for(who);
  if (everybody_.size() == everybody_.capacity()) everybody_.reserve(2 * everybody_.size() + 1);
}

void room_table::connect(const std::shared_ptr<local_socket>& who, room_events* events) {
  member& m = member_for(who);
  if (m.connected) return;
  const bool was_there = events != nullptr && contains(who->id());
  everybody_.push_back(&m);
  m.index = everybody_.size() - 1;
  m.connected = true;
  if (m.in_own_room) tell_joined(who->id(), who->id(), was_there, events);
}

void room_table::join(const std::shared_ptr<local_socket>& who, std::string_view name, room_events* events) {
  member& m = member_for(who);
  const bool was_there = events != nullptr && contains(name);
  if (name == who->id()) {
    if (m.in_own_room) return;
    m.in_own_room = true;
    if (m.connected) tell_joined(name, name, was_there, events);
    return;
  }
  auto found = rooms_.find(name);
  if (found == rooms_.end()) {
    auto made = std::make_unique<room>();
    made->name = name;
    found = rooms_.emplace(std::string(name), std::move(made)).first;
  }
  room& in = *found->second;
  if (membership_of(m, in)) return;
  const std::size_t place = m.rooms.size();
  try {
    m.rooms.push_back({&in, in.seats.size()});
    in.seats.push_back({&m, place});
  } catch (...) {  // no memory: the entry must be on both sides, or on none
    m.rooms.resize(place);
    if (in.seats.empty()) rooms_.erase(found);
    throw;
  }
  tell_joined(name, who->id(), was_there, events);
}

// Searches on the side with fewer entries.
std::optional<std::size_t> room_table::membership_of(const member& m, const room& in) noexcept {
  if (m.rooms.size() <= in.seats.size()) {
    for (std::size_t i = 0; i < m.rooms.size(); ++i)
      if (m.rooms[i].in == &in) return i;
  } else {
    for (const seat& s : in.seats)
      if (s.who == &m) return s.index;
  }
  return std::nullopt;
}

// On both sides the last entry takes the place of the one that leaves. An empty room is removed.
void room_table::take_out(member& m, std::size_t which, room_events* events) {
  const membership left = m.rooms[which];
  auto& seats = left.in->seats;
  seats[left.index] = seats.back();
  seats[left.index].who->rooms[seats[left.index].index].index = left.index;
  seats.pop_back();

  m.rooms[which] = m.rooms.back();
  m.rooms.pop_back();
  if (which < m.rooms.size()) m.rooms[which].in->seats[m.rooms[which].index].index = which;

  const std::string name = events != nullptr ? left.in->name : std::string();
  if (seats.empty()) rooms_.erase(rooms_.find(left.in->name));
  tell_left(name, m.socket->id(), events);
}

void room_table::leave(std::string_view id, std::string_view name, room_events* events) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  member& m = found->second;
  if (name == id) {
    if (std::exchange(m.in_own_room, false) && m.connected) tell_left(name, id, events);
    return;
  }
  const auto in = rooms_.find(name);
  if (in == rooms_.end()) return;
  if (const auto which = membership_of(m, *in->second)) take_out(m, *which, events);
}

void room_table::remove(std::string_view id, room_events* events) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  member& m = found->second;
  const std::string name(id);  // a copy: `id` may point into the member that is erased
  while (!m.rooms.empty()) take_out(m, m.rooms.size() - 1, events);
  const bool was_in_own_room = m.connected && m.in_own_room;
  if (m.connected) {
    everybody_[m.index] = everybody_.back();
    everybody_[m.index]->index = m.index;
    everybody_.pop_back();
  }
  members_.erase(found);
  if (was_in_own_room) tell_left(name, name, events);
}

std::vector<std::string> room_table::rooms_of(std::string_view id) const {
  std::vector<std::string> out;
  const auto found = members_.find(id);
  if (found == members_.end()) return out;
  const member& m = found->second;
  if (m.connected && m.in_own_room) out.emplace_back(id);
  for (const membership& own : m.rooms) out.push_back(own.in->name);
  return out;
}

std::size_t room_table::rooms_after(std::string_view id, const std::vector<std::string>& more) const {
  std::vector<std::string> all = rooms_of(id);
  all.insert(all.end(), more.begin(), more.end());
  std::erase(all, id);
  std::sort(all.begin(), all.end());
  return static_cast<std::size_t>(std::unique(all.begin(), all.end()) - all.begin());
}

std::vector<std::string> room_table::all_rooms() const {
  std::vector<std::string> out;
  for (const auto& [name, in] : rooms_) out.push_back(name);
  for (const member* m : everybody_)
    if (m->in_own_room && !rooms_.contains(m->socket->id())) out.push_back(m->socket->id());
  return out;
}

bool room_table::contains(std::string_view name) const {
  if (rooms_.contains(name)) return true;
  const auto own = members_.find(name);
  return own != members_.end() && own->second.connected && own->second.in_own_room;
}

}  // namespace cosio::adapters
