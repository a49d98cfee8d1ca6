// The insides of a link.

#include "cluster/redis_connection.hpp"

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

}  // namespace cosio::inline v0_2::cluster
