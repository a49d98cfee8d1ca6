// The servers that a request waits for.

#include "cluster/awaited_servers.hpp"

#include <algorithm>

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t max_servers = 10'000;

}  // namespace

awaited_servers::awaited_servers(const std::vector<std::string>& others) : expected_(others.size()), unknown_(0) {
  for (const std::string& uid : others) silent_.emplace(uid, true);
}

bool awaited_servers::answered(const std::string& uid) {
  if (answered_.size() >= max_servers || !answered_.emplace(uid, true).second) return false;
  if (const auto found = silent_.find(uid); found != silent_.end()) {
    silent_.erase(found);
  } else if (unknown_ > 0) {
    --unknown_;
  } else {
    ++expected_;  // it has come since the request was sent
  }
  return true;
}

void awaited_servers::left(std::string_view uid) {
  const auto found = silent_.find(uid);
  if (found == silent_.end()) return;
  silent_.erase(found);
  --expected_;
}

shortfall awaited_servers::missing() const { return shortfall(expected_, expected_ - silent(), names()); }

std::vector<std::string> awaited_servers::names() const {
  std::vector<std::string> out;
  out.reserve(silent_.size());
  for (const auto& entry : silent_) out.push_back(entry.first);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace cosio::inline v0_2::cluster
