// The commands of the dashboard: emit, join, leave and _disconnect, for one page.
//
//   way in    the page's event -> read_order() -> carry_out() -> broadcast_operator
//
// A command is put aside as a whole when it has an argument of another type, or names a namespace that there is not:
// what cannot be read never means everybody. A filter that is missing, null or empty does, as in the package.

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/emitter.hpp>
#include <cosio/options.hpp>
#include <cosio/socket.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "socketio/server_core.hpp"

namespace cosio::inline v0_2::admin {

struct order {
  enum class kind : std::uint8_t { emit, join, leave, disconnect };
  kind what = kind::emit;
  std::string nsp;
  target to;
  std::string name;  // of the room, or of the event
  arguments args;    // of the event
  bool close = false;
};

/// @param event  "emit", "join", "leave" or "_disconnect".
std::optional<order> read_order(std::string_view event, const arguments& args);

/// Lets a page give commands, so many in a second.
/// @par Strand  The page's.
void take_commands(const socket& page, std::weak_ptr<socketio::server_core> server, rate_limit limit);

}  // namespace cosio::inline v0_2::admin
