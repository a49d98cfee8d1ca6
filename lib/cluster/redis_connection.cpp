// The insides of a link.

#include "cluster/redis_connection.hpp"

#include <algorithm>

namespace cosio::inline v0_2::cluster {

const char* subscription_verb(redis_channel kind, bool on) noexcept {
  switch (kind) {
    case redis_channel::pattern:
      return on ? "PSUBSCRIBE" : "PUNSUBSCRIBE";
    case redis_channel::shard:
      return on ? "SSUBSCRIBE" : "SUNSUBSCRIBE";
    default:
      return on ? "SUBSCRIBE" : "UNSUBSCRIBE";
  }
}

void redis_connection::count_written(std::size_t bytes, async::time_point now) {
  const bool was_out = line.empty() || is_first_out();
  written += bytes;
  written_bytes += bytes;
  wrote = now;
  if (!was_out && is_first_out()) line.front().sent = now;
}

async::time_point redis_connection::owes_since(bool is_greeting) const noexcept {
  const async::time_point told = is_greeting ? replied : heard;
  const async::time_point since = std::max(told, line.front().sent);
  return is_first_out() ? since : std::max(since, wrote);
}

}  // namespace cosio::inline v0_2::cluster
