// The masters of a Redis Cluster, and the keys and shard channels that each of them has.
//
// Pure: no I/O, no clock, no lock.
// Source: Redis Cluster specification, "Key distribution model"; CLUSTER SLOTS.

#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "cluster/redis_address.hpp"
#include "cluster/redis_value.hpp"

namespace cosio::inline v0_2::cluster {

/// The slot of a key or shard channel, 0 to 16,383: of its part between braces, if there is one.
std::uint16_t redis_slot(std::string_view key) noexcept;

/// The slots of all masters.
/// @par Threads  A value.
class redis_slots {
 public:
  /// @param reply  Of CLUSTER SLOTS.
  /// @param asked  The server that replied: it may leave out its own name.
  /// @return nothing when it is no such reply.
  static std::optional<redis_slots> read(const redis_value& reply, const redis_host& asked);

  /// Null: no master has it.
  const redis_host* master_of(std::uint16_t slot) const noexcept;
  const std::set<redis_host>& masters() const noexcept { return masters_; }

 private:
  struct range {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    redis_host master;
  };
  std::vector<range> ranges_;  // by their first slots
  std::set<redis_host> masters_;
};

/// The place that an error of Redis names: `MOVED 3999 127.0.0.1:6381`, or `ASK …` while a slot moves.
/// @param asked  The server that replied: it may leave out its own name.
std::optional<redis_host> moved_to(const redis_value& reply, const redis_host& asked);

}  // namespace cosio::inline v0_2::cluster
