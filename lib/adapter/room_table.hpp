// Room <-> sockets, both ways. No lock, no Asio: the owner guards it.
//
// The room of a socket's own id is not stored: the socket is found under its id until it leaves that room.
//
// Joining and leaving one room costs the same in a room of ten and of ten thousand, and for a socket of one room and of
// thousands. A socket that goes is not found any more at once, but it leaves its rooms in portions (leaver): the owner
// can release its lock in between.

#pragma once
#include <cosio/adapter.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/text_map.hpp"

namespace cosio::inline v0_2::adapters {

/// The changes of rooms, in order. A null pointer means that nobody wants to know.
using room_events = std::vector<room_event>;

/// One thread at a time.
class room_table {
 public:
  /// Allocates the memory that connect() needs.
  void expect(const std::shared_ptr<local_socket>& who);
  /// From now on the socket is found. It may have joined rooms before.
  void connect(const std::shared_ptr<local_socket>& who, room_events* events = nullptr);
  /// @return the cost of the new membership; 0 when the socket was in the room already.
  std::size_t join(const std::shared_ptr<local_socket>& who, std::string_view name, room_events* events = nullptr);
  void leave(std::string_view id, std::string_view name, room_events* events = nullptr);
  void remove(std::string_view id, room_events* events = nullptr);

  class leaver;
  /// As remove(), without the rooms: the socket is not found any more, but it is still listed in them.
  leaver take(std::string_view id, room_events* events = nullptr);
  /// Takes a socket out of so many of its rooms at most.
  void leave_some(leaver& who, std::size_t most, room_events* events = nullptr);

  std::vector<std::string> rooms_of(std::string_view id) const;
  /// The socket with this id, if it is connected.
  std::shared_ptr<local_socket> socket_of(std::string_view id) const;
  /// The effect of joining rooms, without the own room.
  struct prospect {
    std::size_t rooms = 0;  ///< the number of rooms afterwards
    std::size_t cost = 0;   ///< the cost of the new memberships
  };
  prospect after_joining(std::string_view id, const std::vector<std::string>& more) const;
  /// The bytes of one membership besides the room's name: the room, and the places in both lists.
  static constexpr std::size_t membership_cost = 224;
  /// The cost of one membership in bytes. A socket is charged as if it was the only member.
  static std::size_t cost_of(std::string_view room) noexcept { return room.size() + membership_cost; }
  /// The names of all rooms that have members, with the own rooms of sockets.
  std::vector<std::string> all_rooms() const;
  /// Whether a room has members.
  bool contains(std::string_view name) const;

  /// Calls `each` once with every connected socket in the target.
  template <class F>
  void walk(const target& to, F each) const {
    const std::uint64_t turn = ++turn_;
    for (const std::string& name : to.except) for_each_in(name, [&](const member& m) { m.seen = turn; });
    const auto once = [&](const member& m) {
      if (m.seen == turn || !m.connected) return;
      m.seen = turn;
      each(m.socket);
    };
    if (to.everybody) {
      for (const member* m : everybody_) once(*m);
    } else {
      for (const std::string& name : to.rooms) for_each_in(name, once);
    }
  }

 private:
  struct member;
  // A socket and its room refer to each other by index.
  struct seat {
    member* who;
    std::size_t index;  // in who->rooms
  };
  struct room {
    std::string_view name;  // the key in rooms_
    std::vector<seat> seats;
  };
  struct membership {
    room* in;
    std::size_t index;  // in in->seats
  };
  // It is found by the id of its socket.
  struct member {
    explicit member(std::shared_ptr<local_socket> who) noexcept : socket(std::move(who)) {}
    const std::shared_ptr<local_socket> socket;
    std::vector<membership> rooms;
    mutable std::uint64_t seen = 0;  // the last walk that met it
    std::uint32_t index = 0;         // in everybody_: four bytes count all sockets
    bool connected = false;
    bool in_own_room = true;
  };
  struct id_hash : base::text_hash {
    using base::text_hash::operator();
    std::size_t operator()(const member& m) const { return (*this)(m.socket->id()); }
  };
  struct same_id {
    using is_transparent = void;
    bool operator()(const member& a, const member& b) const noexcept { return a.socket->id() == b.socket->id(); }
    bool operator()(std::string_view id, const member& m) const noexcept { return id == m.socket->id(); }
    bool operator()(const member& m, std::string_view id) const noexcept { return id == m.socket->id(); }
  };
  using member_set = std::unordered_set<member, id_hash, same_id>;
  using seat_key = std::pair<const member*, const room*>;
  struct seat_hash {
    std::size_t operator()(const seat_key& key) const noexcept {
      return std::hash<const void*>()(key.first) * 31 + std::hash<const void*>()(key.second);
    }
  };

  template <class F>
  void for_each_in(std::string_view name, F f) const {
    if (const auto own = members_.find(name); own != members_.end() && own->in_own_room) f(*own);
    if (const auto found = rooms_.find(name); found != rooms_.end())
      for (const seat& s : found->second.seats) f(*s.who);
  }
  // A set lends its elements as constants. But their places depend only on what is constant in a member.
  static member& changeable(const member& in_set) noexcept { return const_cast<member&>(in_set); }
  member& member_for(const std::shared_ptr<local_socket>& who);
  std::optional<std::size_t> membership_of(const member& m, const room& in) const noexcept;
  void index_last(const member& m);
  void remove_index(const member& m, const room& gone) noexcept;
  void take_out(member& m, std::size_t which, room_events* events);
  void tell_joined(std::string_view name, std::string_view id, bool was_there, room_events* events) const;
  void tell_left(std::string_view name, std::string_view id, room_events* events) const;

  member_set members_;
  base::text_map<room> rooms_;
  std::unordered_map<seat_key, std::size_t, seat_hash> indexes_;  // of sockets in many rooms: the index in m.rooms
  std::vector<member*> everybody_;                                // the connected ones
  mutable std::uint64_t turn_ = 0;
};

/// A socket that is gone, and still listed in some of its rooms. All of them must be left before it is destroyed.
class room_table::leaver {
 public:
  leaver() = default;
  bool is_done() const noexcept { return node_.empty() || node_.value().rooms.empty(); }

 private:
  friend class room_table;
  explicit leaver(member_set::node_type node) noexcept : node_(std::move(node)) {}
  member_set::node_type node_;  // rooms point to its member
};

}  // namespace cosio::inline v0_2::adapters
