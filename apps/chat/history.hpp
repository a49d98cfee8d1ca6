// The last lines of each room, in memory. Bounded: old lines go, and so do rooms. Those of people with many rooms go
// first, then those where few people have written, and of these the oldest. The lobby stays.

#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "messages.hpp"

namespace chat {

/// @par Threads  None of its own: the house guards it.
class history {
 public:
  /// Keeps a line at its place among those of its room. One with the same number is replaced.
  void keep(line said);

  /// The line that this person has sent with this key; null when it is not here.
  const line* find(const std::string& room, const std::string& author, const std::string& key) const;
  /// The line of this number; null when it is not here, or another person's.
  const line* find(const std::string& room, const std::string& author, std::uint64_t number) const;

  std::vector<line> of(const std::string& room) const;
  /// All lines of all rooms.
  std::vector<line> everything() const;
  std::vector<news> newest() const;
  /// The highest number of all.
  std::uint64_t last_number() const { return last_number_; }

 private:
  void forget_a_room();

  std::map<std::string, std::deque<line>> rooms_;
  std::uint64_t last_number_ = 0;
};

}  // namespace chat
