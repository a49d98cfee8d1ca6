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
  missed_much,           // so much that packets wait for room
  crowd,                 // hundreds of handlers ask their own client at once
  one_after_the_other,   // a command waited in a sequential namespace until the handler before had ended
  waited_for_event,      // a handler, for an event of its own client
  waited_in_line,        // … in a sequential namespace
  waited_for_end,        // the application, for the end of a socket
  waited_for_end_early,  // … that was still in its middleware
  acted_late,            // a handle of a socket that had left was used
  never_timed_out,       // a question with the longest time limit was answered
  expires_never,         // credentials with the longest time
  closes_never_late,     // close() with the longest deadline
  held,                  // events waited for room
  paused,                // reading was paused
  left_in_middleware,    // a client, while its sockets were in that state
  left_in_upgrade,
  left_while_held,
  left_while_paused,
  left_in_replay,
  connected_twice,   // CONNECT was sent again before its answer was known
  connected_behind,  // … when the answer was on its way
  child_came,        // a namespace was made for a client
  child_went,        // … and was removed
  child_came_again,  // … and was made anew
  child_refused,     // above max_child_namespaces
  asked_too_late,    // a session ended by first_request_timeout
  handlers_full,     // max_handlers_in_flight was reached
  all_attachments,   // as many as one packet may have
  listened_again,    // after close()
  msgpack,           // a packet in MessagePack was heard
  msgpack_v3,        // … by a client of revision 3
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
    "missed so much that it waits for room",
    "hundreds of questions at once",
    "commands one after the other",
    "waits for events",
    "waits for events in sequential namespaces",
    "waits for ends",
    "waits for ends in middleware",
    "handles used late",
    "answers to questions without end",
    "credentials without end",
    "close() without end",
    "held events",
    "paused reading",
    "left in middleware",
    "left in an upgrade",
    "left while events were held",
    "left while reading was paused",
    "left in a replay",
    "CONNECT twice",
    "CONNECT behind the answer",
    "namespaces made",
    "namespaces removed",
    "namespaces made anew",
    "namespaces refused",
    "no request in time",
    "all handlers busy",
    "all attachments",
    "listened again",
    "MessagePack",
    "MessagePack of revision 3",
};

using feature_counts = std::array<std::size_t, features>;

}  // namespace cosio::simulation
