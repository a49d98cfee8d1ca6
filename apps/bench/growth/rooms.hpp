// The cost of join, leave and emit with a given number of rooms.

#pragma once
#include <cosio/cosio.hpp>

#include <cstddef>
#include <vector>

namespace bench {

struct room_costs {
  std::size_t rooms = 0;  // number of rooms meanwhile, each with one member
  double join_ns = 0;     // for a new room
  double leave_ns = 0;    // for a room that is removed with its last member
  double emit_ns = 0;     // to a room of one member; sending is included
};

/// Joins rooms until there are this many, spread over all sockets, and measures. It measures CPU time of this thread,
/// so the server must run on it alone.
///
/// @par Completes  when everything that was emitted has been handed to the system.
cosio::task<room_costs> measure_rooms(const std::vector<cosio::socket>& members, std::size_t rooms);

}  // namespace bench
