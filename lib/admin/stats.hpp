// The numbers of the dashboard: `server_stats`, and what our own page shows besides.
//
//   io.metrics() once in a second -> sample() -> the difference to the second before -> server_stats every two seconds
//
// The counters of the server are read, so that nothing is counted twice, and nothing is done for a packet. They count
// all packets: those without data (heartbeats) as well, which @socket.io/admin-ui leaves out.

#pragma once
#include <cosio/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/texts.hpp"

namespace cosio::inline v0_2::admin {

/// Not thread-safe.
class stats {
 public:
  explicit stats(std::string server_id);

  /// All that happens from now on counts.
  void begin(const metrics& now);
  /// Once in a second.
  /// @param at  Milliseconds since 1970.
  void sample(const metrics& now, std::int64_t at);

  struct moment {
    const metrics* now = nullptr;
    double uptime = 0;                                            // seconds
    std::vector<std::pair<std::string, std::size_t>> namespaces;  // with the number of their sockets
    std::uint64_t left_out = 0;
  };
  /// `server_stats`, with what sample() has seen since the one before.
  packet_text server_stats(const moment& of);
  /// `server_details`, for our own page: limits, refusals and ends since the server was made, and memory.
  packet_text server_details(const moment& of) const;

 private:
  struct aggregate {
    std::int64_t timestamp;
    std::string_view type;
    std::string sub_type;
    std::uint64_t count;
  };
  void add(std::int64_t at, std::string_view type, std::string_view sub_type, std::uint64_t count);
  using totals = std::map<std::pair<std::string_view, std::string>, std::uint64_t>;  // by type and sub-type
  static totals totals_of(const metrics& now);

  const std::string server_id_;
  const std::string host_;
  totals before_;
  std::vector<aggregate> events_;
};

/// The name of this machine, '#' and the id of the process.
std::string default_server_id();

}  // namespace cosio::inline v0_2::admin
