// Room <-> sockets, both ways. No lock, no Asio: the owner guards it.
//
// The room of a socket's own id is not stored: the socket is found under its id until it leaves that room.

#pragma once
#include <cosio/adapter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_map.hpp"

namespace cosio::adapters {

/// The changes of rooms, in order. A null pointer means that nobody wants to know.
using room_events = std::vector<room_event>;

/// One thread at a time.
class room_table {
 public:
  /// Allocates the memory that connect() needs.
  void expect(const std::shared_ptr<local_socket>& who);
  /// From now on the socket is found. It may have joined rooms before.
  void connect(const std::shared_ptr<local_socket>& who, room_events* events = nullptr);
  void join(const std::shared_ptr<local_socket>& who, std::string_view name, room_events* events = nullptr);
  void leave(std::string_view id, std::string_view name, room_events* events = nullptr);
  void remove(std::string_view id, room_events* events = nullptr);

  std::vector<std::string> rooms_of(std::string_view id) const;
  /// The number of rooms of a socket after it has joined these, without its own room.
  std::size_t rooms_after(std::string_view id, const std::vector<std::string>& more) const;
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
  // A socket and its room refer to each other by index. So leaving costs the same in a room of ten and of ten thousand,
  // and for a socket of one room and of thousands.
  struct seat {
    member* who;
    std::size_t index;  // in who->rooms
  };
  struct room {
    std::string name;
    std::vector<seat> seats;
  };
  struct membership {
    room* in;
    std::size_t index;  // in in->seats
  };
  struct member {
    std::shared_ptr<local_socket> socket;
    std::vector<membership> rooms;
    std::size_t index = 0;           // in everybody_
    mutable std::uint64_t seen = 0;  // the last walk that met it
    bool connected = false;
    bool in_own_room = true;
  };

  template <class F>
  void for_each_in(std::string_view name, F f) const {
    if (const auto own = members_.find(name); own != members_.end() && own->second.in_own_room) f(own->second);
    if (const auto found = rooms_.find(name); found != rooms_.end())
      for (const seat& s : found->second->seats) f(*s.who);
  }
  member& member_for(const std::shared_ptr<local_socket>& who);
  static std::optional<std::size_t> membership_of(const member& m, const room& in) noexcept;
  void take_out(member& m, std::size_t which, room_events* events);
  void tell_joined(std::string_view name, std::string_view id, bool was_there, room_events* events) const;
  void tell_left(std::string_view name, std::string_view id, room_events* events) const;

  std::unordered_map<std::string_view, member, base::text_hash> members_;  // by the socket's own id
  base::text_map<std::unique_ptr<room>> rooms_;
  std::vector<member*> everybody_;  // the connected ones
  mutable std::uint64_t turn_ = 0;
};

}  // namespace cosio::adapters
