// The failures of a run, counted by kind.

#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace bench {

/// Counts failures, and prints the first few of them at once.
class failures {
 public:
  /// @param kind    failures of one kind are counted together
  /// @param detail  the details of this failure; printed while there are few
  void add(std::string_view kind, std::string_view detail);

  std::uint64_t count() const noexcept { return count_; }
  bool any() const noexcept { return count_ > 0; }
  const std::map<std::string, std::uint64_t, std::less<>>& by_kind() const noexcept { return by_kind_; }

 private:
  std::uint64_t count_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> by_kind_;
};

}  // namespace bench
