// Room <-> sockets.

#include "adapter/room_table.hpp"

#include <algorithm>
#include <utility>

namespace cosio::adapters {

room_table::member& room_table::member_for(const std::shared_ptr<local_socket>& who) {
  auto& slot = members_[who->id()];
  if (!slot) {
    slot = std::make_unique<member>();
    slot->socket = who;
  }
  return *slot;
}

void room_table::connect(const std::shared_ptr<local_socket>& who) {
  member& m = member_for(who);
  if (m.connected) return;
  m.connected = true;
  m.index = everybody_.size();
  everybody_.push_back(&m);
}

void room_table::join(const std::shared_ptr<local_socket>& who, std::string_view name) {
  member& m = member_for(who);
  if (name == who->id()) {
    m.in_own_room = true;
    return;
  }
  auto found = rooms_.find(name);
  if (found == rooms_.end()) {
    auto made = std::make_unique<room>();
    made->name = name;
    found = rooms_.emplace(std::string(name), std::move(made)).first;
  }
  room& in = *found->second;
  if (std::any_of(m.rooms.begin(), m.rooms.end(), [&](const membership& own) { return own.in == &in; })) return;
  m.rooms.push_back({&in, in.members.size()});
  in.members.push_back(&m);
}

// The last of the room takes the place of the one that leaves; an empty room goes.
void room_table::take_out(member& m, std::size_t which) {
  const membership left = m.rooms[which];
  m.rooms[which] = m.rooms.back();
  m.rooms.pop_back();

  auto& members = left.in->members;
  member* const last = members.back();
  members.pop_back();
  if (last != &m) {
    members[left.index] = last;
    const auto its = std::find_if(last->rooms.begin(), last->rooms.end(), [&](const membership& other) { return other.in == left.in; });
    its->index = left.index;
  }
  if (members.empty()) rooms_.erase(rooms_.find(left.in->name));
}

void room_table::leave(std::string_view id, std::string_view name) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  member& m = *found->second;
  if (name == id) {
    m.in_own_room = false;
    return;
  }
  for (std::size_t i = 0; i < m.rooms.size(); ++i) {
    if (m.rooms[i].in->name == name) return take_out(m, i);
  }
}

void room_table::remove(std::string_view id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  member& m = *found->second;
  while (!m.rooms.empty()) take_out(m, m.rooms.size() - 1);
  if (m.connected) {
    everybody_[m.index] = everybody_.back();
    everybody_[m.index]->index = m.index;
    everybody_.pop_back();
  }
  members_.erase(found);
}

std::vector<std::string> room_table::rooms_of(std::string_view id) const {
  std::vector<std::string> out;
  const auto found = members_.find(id);
  if (found == members_.end()) return out;
  const member& m = *found->second;
  if (m.connected && m.in_own_room) out.emplace_back(id);
  for (const membership& own : m.rooms) out.push_back(own.in->name);
  return out;
}

}  // namespace cosio::adapters
