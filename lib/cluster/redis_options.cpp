// The options of an application's connections to Redis.

#include "cluster/redis_options.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <chrono>

#include "cluster/redis_stream.hpp"
#include "cluster/redis_value.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2::cluster {

void check_redis_build() {
  if (!has_redis())
    throw error(errc::not_supported,
                "this library was built without hiredis: install libhiredis-dev and build it again");
  if (!wire::has_msgpack())
    throw error(errc::not_supported,
                "this library was built without nlohmann-json: install nlohmann-json3-dev and build it again");
}

redis_settings settings_of(const redis_options& from, const redis_address& to) {
  redis_settings out;
  out.client_name = from.client_name;
  out.ping_interval = out.reply_limit = std::max(from.ping_interval, std::chrono::milliseconds(1));
  out.sentinel_user = from.sentinel_user;
  out.sentinel_password = from.sentinel_password;
  if (to.tls) out.tls = make_redis_tls(from.ca_file, from.cert_file, from.key_file, from.verify_certificate);
  return out;
}

}  // namespace cosio::inline v0_2::cluster
