// Names that many clients have in common, each held once: names of namespaces, and of events that sockets listen to.

#pragma once
#include <cosio/listener.hpp>

#include <string_view>

namespace cosio::inline v0_2::socketio {

using shared_name = boost::intrusive_ptr<const detail::held_name>;

/// The shared name, if this thread returned it lately; else a new one. Any thread.
///
/// A server registers the same few names for every socket. Names that are made up for one socket (`answer-4711`)
/// replace each other here; then only their listeners hold them.
shared_name shared(std::string_view name);

}  // namespace cosio::inline v0_2::socketio
