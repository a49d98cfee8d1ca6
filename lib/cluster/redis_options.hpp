// The first steps of everything that connects to Redis: is it built in, and the options of the application as the
// connections want them.

#pragma once
#include <cosio/redis.hpp>

#include "cluster/redis_link.hpp"

namespace cosio::inline v0_2::cluster {

/// @throws error errc::not_supported when the library was built without hiredis or nlohmann-json.
void check_redis_build();

/// @throws error errc::bad_argument for a file of certificates that cannot be read.
redis_settings settings_of(const redis_options& from, const redis_address& to);

}  // namespace cosio::inline v0_2::cluster
