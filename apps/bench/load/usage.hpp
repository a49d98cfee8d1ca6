// CPU time and memory of processes, as the kernel reports them.

#pragma once
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "clock.hpp"

namespace bench {

/// At one moment, all watched processes together.
struct usage {
  nanoseconds cpu{0};            // user and system, all threads; to the nanosecond
  std::uint64_t user_ticks = 0;  // of 10 ms: only good for the share of either
  std::uint64_t system_ticks = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t peak_rss_bytes = 0;  // since it began
};

/// Processes by their ids, and the descendants that they have now.
class watched_processes {
 public:
  explicit watched_processes(std::vector<pid_t> ids);

  bool any() const noexcept { return !ids_.empty(); }
  /// @throws std::runtime_error when one of them is gone.
  usage now() const;

 private:
  std::vector<pid_t> ids_;
};

/// CPU time of this process.
nanoseconds own_cpu();
/// CPU time that all processors spent on anything, to 10 ms.
nanoseconds machine_cpu();

}  // namespace bench
