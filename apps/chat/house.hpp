// The house: the people in each room, and the lines that they wrote there.

#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diary.hpp"
#include "history.hpp"
#include "messages.hpp"

namespace chat {

/// Somebody may be here several times: each tab is a visitor, named by the id of its socket. Tabs with one secret are
/// one person.
/// @par Threads  Any, guarded by a mutex.
class house {
 public:
  /// @param file  The history is read from it, and written to it; an empty name for neither.
  explicit house(std::filesystem::path file);

  /// Lets a visitor in, or into another room, or changes the name of the person. Other people's names stay free of it:
  /// the next Ada is "Ada 2". Somebody without a name is a guest, and without a room comes to the lobby.
  person enter(const std::string& visitor, const introduction& who);
  /// Lets a visitor in again whose connection was lost, as the person of before. Nobody is let in who was nobody.
  void come_back(const std::string& visitor, const person& who);
  void leave(const std::string& visitor);

  /// Finds a person; all members are empty when there is no such visitor any more.
  person find(const std::string& visitor) const;
  /// Everything that has changed since the last call; the revision is 0 when nothing has.
  moves look_for_moves();
  /// Everybody, as of the last moves.
  attendance everybody() const;
  std::size_t size() const;
  /// The last lines of a visitor's room, and where else something was said.
  welcome look_around(const std::string& visitor) const;

  /// Keeps a line that a visitor wrote, and numbers it. The number is 0 when there was nothing to keep.
  line remember(const std::string& visitor, const message& what);
  /// Changes a line of the visitor's person; an empty text takes it back. The number is 0 when there is no such line.
  line rewrite(const std::string& visitor, std::uint64_t number, std::string_view text);
  /// How many of the others in the room of a line have it. They are counted by the passes of their welcomes, so that
  /// nobody answers for another person.
  receipt count(const line& said, const std::vector<std::string>& passes) const;

 private:
  using place = std::pair<std::string, std::string>;  // a person's id, and a room

  const person& let_in(const std::string& visitor, person who);
  std::string free_name(const std::string& wanted, const std::string& id) const;
  std::string pass_of(const std::string& id) const;

  const std::string secret_;  // of this process: what is made with it can be made by nobody else
  mutable std::mutex mutex_;
  std::map<std::string, person> visitors_;
  std::map<std::string, std::string> names_;  // folded, with the id of who has it
  std::uint64_t revision_ = 0;
  std::map<place, person> told_;  // of this revision
  history history_;
  diary diary_;
};

}  // namespace chat
