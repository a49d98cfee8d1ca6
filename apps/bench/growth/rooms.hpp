// What join, leave and emit cost while there are so many rooms.

#pragma once
#include <cosio/cosio.hpp>

#include <cstddef>
#include <vector>

namespace bench {

struct room_costs {
  std::size_t rooms = 0;  // that there are meanwhile, each with one member
  double join_ns = 0;     // of a room that is new
  double leave_ns = 0;    // of a room that goes with its last member
  double emit_ns = 0;     // to a room of one member, up to its queue; what is then sent is counted, too
};

/// Joins rooms until there are so many, spread over all sockets, and measures. CPU time of this thread, so the server
/// must run on it alone.
///
/// @par Completes  when everything that was emitted has been handed to the system.
cosio::task<room_costs> measure_rooms(const std::vector<cosio::socket>& members, std::size_t rooms);

}  // namespace bench
