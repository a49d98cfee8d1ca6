// Sessions that wait in Redis for their clients, as Node's servers keep them: base64 of a MessagePack map with sid,
// pid, rooms and data. This library adds keys that Node ignores, so that a client can come back that has received
// nothing yet.
//
// Pure: no I/O, no clock, no lock.
// Source: @socket.io/redis-streams-adapter 0.3.1.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::cluster {

/// The time on both clocks at once. Credentials end by the steady clock of a server, and travel by the wall clock.
/// @par Threads  A value.
struct two_clocks {
  std::chrono::steady_clock::time_point steady;
  std::int64_t wall_ms = 0;  // since 1970
};

std::string write_session(const session_record& record, std::string_view nsp, two_clocks now);
/// Nothing when it cannot be read, or is the session of another namespace. A session of Node does not say of which
/// namespace it is.
std::optional<session_record> read_session(std::string_view text, std::string_view nsp, two_clocks now);

}  // namespace cosio::inline v0_2::cluster
