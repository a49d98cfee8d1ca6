// The house: who is in which room, and what was said there lately. A room exists as long as somebody is in it.

#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "messages.hpp"

namespace chat {

/// @par Threads  Any, guarded by a mutex.
class house {
 public:
  /// Lets somebody in. The name is made unique; without one they are a guest, without a room they come to the lobby.
  person enter(const std::string& id, const introduction& who);
  /// Sends somebody to another room. @return them, as they were before.
  person move(const std::string& id, std::string_view room);
  void leave(const std::string& id);

  /// Nobody in particular (all empty) when there is no such person any more.
  person find(const std::string& id) const;
  attendance everybody() const;

  /// Keeps what somebody says in their room, numbered. Its text is empty when there was nothing to keep.
  line remember(const std::string& id, std::string_view text);
  /// The last lines of somebody's room, and who they are.
  welcome look_around(const std::string& id) const;

 private:
  std::string free_name(const std::string& wanted) const;
  void forget_room_if_empty(const std::string& room);

  mutable std::mutex mutex_;
  std::uint64_t revision_ = 0;
  std::uint64_t lines_ = 0;
  std::map<std::string, person> people_;               // by id
  std::map<std::string, std::deque<line>> histories_;  // by room
};

}  // namespace chat
