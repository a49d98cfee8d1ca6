// The packets that tell of a change: the sockets of a backlog, and their state at this moment.
//
//   backlog::next() -> packets_of() -> feed

#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "admin/backlog.hpp"
#include "admin/texts.hpp"

namespace cosio::inline v0_2::admin {

/// In the order in which the page expects them.
std::vector<packet_text> packets_of(const news& what, std::size_t most_shown);

/// A socket that is there, for a list of sockets. Nothing when it has gone meanwhile.
std::optional<std::string> listed(const news& what, std::size_t most_shown);

}  // namespace cosio::inline v0_2::admin
