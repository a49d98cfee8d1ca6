// The counts of a wire, for metrics, and the bound of what waits for Redis.

#pragma once
#include <cosio/cluster.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cosio::inline v0_2::cluster {

/// The bytes of the words of a command.
inline std::size_t size_of_command(const std::vector<std::string>& words) noexcept {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return bytes;
}

/// Any thread.
class wire_load {
 public:
  /// @param max_pending_bytes  Of messages that wait for Redis: one that takes less than comes must not cost all
  ///                           memory. 0: no limit.
  explicit wire_load(std::size_t max_pending_bytes) : max_(max_pending_bytes) {}

  /// Takes bytes into account that are about to wait. @return false above the bound: then they must not.
  bool begin(std::size_t bytes) noexcept {
    const std::size_t before = pending_.fetch_add(bytes);
    if (max_ == 0 || (bytes <= max_ && before <= max_ - bytes)) return true;
    pending_ -= bytes;
    ++lost;
    return false;
  }
  /// They wait no longer.
  void end(std::size_t bytes) noexcept { pending_ -= bytes; }
  /// Redis has taken a message, or never will.
  void count(bool taken) noexcept { ++(taken ? published : lost); }

  wire_counts counts(std::uint64_t reconnected) const {
    wire_counts out;
    out.published = published;
    out.received = received;
    out.lost = lost;
    out.reconnected = reconnected;
    out.pending_bytes = pending_;
    out.connected = connected;
    return out;
  }

  std::atomic<std::uint64_t> published{0};
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<bool> connected{false};
  std::atomic<bool> has_told_refused{false};  // the log, until a message is taken again

 private:
  const std::size_t max_;
  std::atomic<std::size_t> pending_{0};
};

}  // namespace cosio::inline v0_2::cluster
