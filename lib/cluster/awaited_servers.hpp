// The servers that a request waits for: their number when the broker counts them, or their names when heartbeats do.
//
// Pure: no lock, no clock.

#pragma once
#include <cosio/report.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.hpp"

namespace cosio::inline v0_2::cluster {

class awaited_servers {
 public:
  /// @param others  The number of servers besides this one.
  explicit awaited_servers(std::size_t others) : expected_(others), unknown_(others) {}
  /// @param others  The ids of the servers besides this one.
  explicit awaited_servers(const std::vector<std::string>& others);

  /// A server has answered. @return whether it was its first answer. Servers that were not waited for may answer, too.
  bool answered(const std::string& uid);
  /// A server has gone, and will not answer.
  void left(std::string_view uid);

  bool is_over() const noexcept { return silent_.empty() && unknown_ == 0; }
  std::size_t silent() const noexcept { return silent_.size() + unknown_; }
  /// The answers that are missing, one for each server; with the names that are known.
  shortfall missing() const;
  /// The ids of servers that did not answer, sorted.
  std::vector<std::string> names() const;

 private:
  std::size_t expected_;
  std::size_t unknown_;          // servers that are only counted
  base::text_map<bool> silent_;  // servers whose names are known
  base::text_map<bool> answered_;
};

}  // namespace cosio::inline v0_2::cluster
