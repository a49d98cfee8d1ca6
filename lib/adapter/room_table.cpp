// The table of rooms and sockets.

#include "adapter/room_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace cosio::inline v0_2::adapters {
namespace {

// Lists up to this length are searched from end to end.
constexpr std::size_t few = 32;

}  // namespace

room_table::member& room_table::member_for(const std::shared_ptr<local_socket>& who) {
  const auto found = members_.find(std::string_view(who->id()));
  return changeable(found != members_.end() ? *found : *members_.emplace(who).first);
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
  m.index = static_cast<std::uint32_t>(everybody_.size() - 1);
  m.connected = true;
  if (m.in_own_room) tell_joined(who->id(), who->id(), was_there, events);
}

std::size_t room_table::join(const std::shared_ptr<local_socket>& who, std::string_view name, room_events* events) {
  member& m = member_for(who);
  const bool was_there = events != nullptr && contains(name);
  if (name == who->id()) {
    if (m.in_own_room) return 0;
    m.in_own_room = true;
    if (m.connected) tell_joined(name, name, was_there, events);
    return 0;
  }
  auto found = rooms_.find(name);
  if (found == rooms_.end()) {
    found = rooms_.try_emplace(std::string(name)).first;
    found->second.name = found->first;
  }
  room& in = found->second;
  if (membership_of(m, in)) return 0;
  const std::size_t place = m.rooms.size();
  try {
    m.rooms.push_back({&in, in.seats.size()});
    index_last(m);
    in.seats.push_back({&m, place});
  } catch (...) {  // no memory: the entry must be on both sides, or on none
    if (m.rooms.size() > place) remove_index(m, in);
    m.rooms.resize(place);
    if (in.seats.empty()) rooms_.erase(found);
    throw;
  }
  tell_joined(name, who->id(), was_there, events);
  return cost_of(name);
}

// Searches on the side with fewer entries. When there are many on both sides, they are indexed.
std::optional<std::size_t> room_table::membership_of(const member& m, const room& in) const noexcept {
  if (m.rooms.size() > few && in.seats.size() > few) {
    const auto found = indexes_.find({&m, &in});
    return found == indexes_.end() ? std::nullopt : std::optional(found->second);
  }
  if (m.rooms.size() <= in.seats.size()) {
    for (std::size_t i = 0; i < m.rooms.size(); ++i)
      if (m.rooms[i].in == &in) return i;
  } else {
    for (const seat& s : in.seats)
      if (s.who == &m) return s.index;
  }
  return std::nullopt;
}

// The last room of a socket is new. With the one above `few` all of them get an index.
void room_table::index_last(const member& m) {
  const std::size_t count = m.rooms.size();
  if (count <= few) return;
  for (std::size_t i = count == few + 1 ? 0 : count - 1; i < count; ++i)
    indexes_.insert_or_assign(seat_key(&m, m.rooms[i].in), i);
}

// A room is about to leave the list of a socket.
void room_table::remove_index(const member& m, const room& gone) noexcept {
  if (m.rooms.size() <= few) return;
  if (m.rooms.size() > few + 1) {
    indexes_.erase({&m, &gone});
  } else {
    for (const membership& own : m.rooms) indexes_.erase({&m, own.in});
  }
}

// On both sides the last entry takes the place of the one that leaves. An empty room is removed.
void room_table::take_out(member& m, std::size_t which, room_events* events) {
  const membership left = m.rooms[which];
  auto& seats = left.in->seats;
  seats[left.index] = seats.back();
  seats[left.index].who->rooms[seats[left.index].index].index = left.index;
  seats.pop_back();

  remove_index(m, *left.in);
  m.rooms[which] = m.rooms.back();
  m.rooms.pop_back();
  if (which < m.rooms.size()) {
    const membership& moved = m.rooms[which];
    moved.in->seats[moved.index].index = which;
    if (m.rooms.size() > few) indexes_.find({&m, moved.in})->second = which;
  }

  m.socket->give_back_rooms(cost_of(left.in->name));
  const std::string name(events != nullptr ? left.in->name : std::string_view());
  if (seats.empty()) rooms_.erase(rooms_.find(left.in->name));
  tell_left(name, m.socket->id(), events);
}

void room_table::leave(std::string_view id, std::string_view name, room_events* events) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  member& m = changeable(*found);
  if (name == id) {
    if (std::exchange(m.in_own_room, false) && m.connected) tell_left(name, id, events);
    return;
  }
  const auto in = rooms_.find(name);
  if (in == rooms_.end()) return;
  if (const auto which = membership_of(m, in->second)) take_out(m, *which, events);
}

void room_table::remove(std::string_view id, room_events* events) {
  leaver who = take(id, events);
  leave_some(who, std::numeric_limits<std::size_t>::max(), events);
}

room_table::leaver room_table::take(std::string_view id, room_events* events) {
  const auto found = members_.find(id);
  if (found == members_.end()) return {};
  member& m = changeable(*found);
  const bool was_in_own_room = m.connected && m.in_own_room;
  if (m.connected) {
    everybody_[m.index] = everybody_.back();
    everybody_[m.index]->index = m.index;
    everybody_.pop_back();
  }
  m.connected = m.in_own_room = false;
  leaver who(members_.extract(found));
  if (was_in_own_room) tell_left(m.socket->id(), m.socket->id(), events);
  return who;
}

void room_table::leave_some(leaver& who, std::size_t most, room_events* events) {
  if (who.node_.empty()) return;
  member& m = who.node_.value();
  for (; most != 0 && !m.rooms.empty(); --most) take_out(m, m.rooms.size() - 1, events);
}

std::vector<std::string> room_table::rooms_of(std::string_view id) const {
  std::vector<std::string> out;
  const auto found = members_.find(id);
  if (found == members_.end()) return out;
  const member& m = *found;
  if (m.connected && m.in_own_room) out.emplace_back(id);
  for (const membership& own : m.rooms) out.emplace_back(own.in->name);
  return out;
}

std::shared_ptr<local_socket> room_table::socket_of(std::string_view id) const {
  const auto found = members_.find(id);
  return found != members_.end() && found->connected ? found->socket : nullptr;
}

room_table::prospect room_table::after_joining(std::string_view id, const std::vector<std::string>& more) const {
  const auto found = members_.find(id);
  const member* const m = found != members_.end() ? &*found : nullptr;
  std::vector<std::string_view> names(more.begin(), more.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  prospect out;
  if (m != nullptr) out.rooms = m->rooms.size();
  for (const std::string_view name : names) {
    if (name == id) continue;
    const auto in = rooms_.find(name);
    if (m != nullptr && in != rooms_.end() && membership_of(*m, in->second)) continue;
    ++out.rooms;
    out.cost += cost_of(name);
  }
  return out;
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
  return own != members_.end() && own->connected && own->in_own_room;
}

}  // namespace cosio::inline v0_2::adapters
