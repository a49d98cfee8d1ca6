// The house: the people in each room, and the last lines that they wrote there. A room exists while somebody is in it.

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
  /// Lets somebody in. The name is made unique. Somebody without a name is a guest, and without a room comes to
  /// the lobby.
  person enter(const std::string& id, const introduction& who);
  /// Moves somebody to another room. @return the person as before.
  person move(const std::string& id, std::string_view room);
  void leave(const std::string& id);

  /// Finds a person; all members are empty when there is no such person any more.
  person find(const std::string& id) const;
  attendance everybody() const;

  /// Keeps a line that somebody wrote in their room, and numbers it. Its text is empty when there was nothing to keep.
  line remember(const std::string& id, std::string_view text);
  /// The last lines of somebody's room, and the person.
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
