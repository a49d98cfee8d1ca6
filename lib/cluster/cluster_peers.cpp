// The other servers of a namespace.

#include "cluster/cluster_peers.hpp"

#include <algorithm>

#include "base/later.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// More servers are not remembered: whoever may write to the broker can make up ids.
constexpr std::size_t max_peers = 10'000;

}  // namespace

bool cluster_peers::seen(const std::string& uid, time_point now) {
  if (const auto known = last_seen_.find(uid); known != last_seen_.end()) {
    known->second = now;
    return false;
  }
  if (last_seen_.size() >= max_peers) return false;
  last_seen_.emplace(uid, now);
  return true;
}

bool cluster_peers::remove(std::string_view uid) {
  const auto known = last_seen_.find(uid);
  if (known == last_seen_.end()) return false;
  last_seen_.erase(known);
  return true;
}

std::vector<std::string> cluster_peers::expire(time_point now, std::chrono::milliseconds silence) {
  std::vector<std::string> gone;
  for (auto at = last_seen_.begin(); at != last_seen_.end();) {
    if (base::later(at->second, silence) < now) {
      gone.push_back(at->first);
      at = last_seen_.erase(at);
    } else {
      ++at;
    }
  }
  std::sort(gone.begin(), gone.end());
  return gone;
}

std::vector<std::string> cluster_peers::names() const {
  std::vector<std::string> out;
  out.reserve(last_seen_.size());
  for (const auto& entry : last_seen_) out.push_back(entry.first);
  return out;
}

}  // namespace cosio::inline v0_2::cluster
