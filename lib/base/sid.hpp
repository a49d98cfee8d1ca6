// Ids of sessions and sockets: 120 bits from the system's random source, as 20 URL-safe characters.

#pragma once
#include <cstddef>
#include <string>

namespace cosio::inline v0_2::base {

constexpr std::size_t sid_size = 20;

/// Makes a new id. @throws std::system_error when the system has no random bytes. Any thread.
std::string new_sid();

}  // namespace cosio::inline v0_2::base
