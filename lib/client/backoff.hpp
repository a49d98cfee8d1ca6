// The time before each attempt to reconnect: it doubles, with a part of chance.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <chrono>
#include <cstddef>

namespace cosio::inline v0_2::clients {

/// @par Threads  One at a time.
/// @par Source   socket.io-client, contrib/backo2.
class backoff {
 public:
  /// @param jitter  The part that chance adds or takes away: 0 to 1.
  backoff(std::chrono::milliseconds least, std::chrono::milliseconds most, double jitter) noexcept
      : least_(least), most_(most), jitter_(jitter) {}

  /// Counts one attempt. @param chance  A number from 0 up to 1, below 1.
  /// @return the time before it.
  std::chrono::milliseconds next(double chance) noexcept;
  /// The attempts since reset().
  std::size_t attempts() const noexcept { return attempts_; }
  void reset() noexcept { attempts_ = 0; }

 private:
  std::chrono::milliseconds least_;
  std::chrono::milliseconds most_;
  double jitter_;
  std::size_t attempts_ = 0;
};

}  // namespace cosio::inline v0_2::clients
