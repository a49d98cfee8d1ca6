// The features that a run can contain. The program fails when many seeds never contained one of them, because a path
// that is never used proves nothing.

#pragma once
#include <array>
#include <cstddef>

namespace cosio::simulation {

/// Those that the library may be built without come last.
enum class feature : std::size_t {
  upgraded,
  deflated_in,      // a compressed message of the server's was heard
  deflated_out,     // a client sent one
  server_takeover,  // … that may refer to an earlier one
  client_takeover,
  small_window,    // of the server's, smaller than zlib's own
  not_offered,     // the server would have compressed, the client does not
  jsonp_in,        // a script was heard
  jsonp_out,       // a form was sent
  jsonp_v3,        // a script, by a client of revision 3
  refused_event,   // above a rate
  told_of_expiry,  // a client, of its credentials
  renewed,         // them
  kept_for_ever,
  expired,
  went_away,             // a socket that may come back
  came_back,             // as the same
  heard_what_it_missed,  // … and had missed something
  heard_early,           // before it was told that it is back
  began_anew,            // was told that it is not
  came_twice,            // with a secret that was used before
  came_too_late,
  came_with_other_text,  // in place of an offset
  came_without_offset,   // had heard nothing yet
  too_much_missed,       // more than the server keeps
  msgpack,               // a packet in MessagePack was heard
  msgpack_v3,            // … by a client of revision 3
  count
};

constexpr std::size_t features = static_cast<std::size_t>(feature::count);
constexpr std::array<const char*, features> feature_names{
    "upgraded",
    "inflated",
    "deflated",
    "server takeover",
    "client takeover",
    "small window",
    "deflate not offered",
    "scripts",
    "forms",
    "scripts of revision 3",
    "events above a rate",
    "told that credentials expire",
    "credentials renewed",
    "credentials that never expire any more",
    "credentials expired",
    "went away",
    "came back",
    "heard what it missed",
    "heard it before CONNECT",
    "began anew",
    "came twice",
    "came too late",
    "came with another text",
    "came without an offset",
    "too much missed",
    "MessagePack",
    "MessagePack of revision 3",
};

using feature_counts = std::array<std::size_t, features>;

}  // namespace cosio::simulation
