// The other servers of a namespace, as their messages and heartbeats show them.
//
// Pure: no lock, no clock; times are handed in.

#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.hpp"

namespace cosio::inline v0_2::cluster {

class cluster_peers {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A message of a server has come. @return whether the server is new.
  bool seen(const std::string& uid, time_point now);
  /// A server says that it goes. @return whether it was known.
  bool remove(std::string_view uid);
  /// Removes servers of which nothing has come for so long. @return their ids, sorted.
  std::vector<std::string> expire(time_point now, std::chrono::milliseconds silence);

  std::vector<std::string> names() const;
  std::size_t size() const noexcept { return last_seen_.size(); }

 private:
  base::text_map<time_point> last_seen_;
};

}  // namespace cosio::inline v0_2::cluster
