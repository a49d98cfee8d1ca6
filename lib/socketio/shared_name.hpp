// Names that many clients have in common, held once: of the events that their sockets listen to, of their namespaces.

#pragma once
#include <cosio/listener.hpp>

#include <string_view>

namespace cosio::socketio {

using shared_name = boost::intrusive_ptr<const detail::held_name>;

/// The name as others have it, if this thread gave it out lately; else a new one. Any thread.
///
/// A server registers the same few names for every socket. Those that are made up for one socket (`answer-4711`) push each other out, and are held by
/// no more than their listeners.
shared_name shared(std::string_view name);

}  // namespace cosio::socketio
