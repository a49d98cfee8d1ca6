// The number of a server in the ids of its sessions: two characters in front, 0 to 4,095. Pure.

#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::engine {

inline constexpr unsigned most_nodes = 4'095;
inline constexpr std::size_t node_digits = 2;

/// The two characters of a number, from the alphabet of the ids (base64url).
std::string node_code(unsigned number);
/// The number in front of an id. Nothing when it begins with other characters, or is too short.
std::optional<unsigned> node_of(std::string_view sid) noexcept;

}  // namespace cosio::inline v0_2::engine
