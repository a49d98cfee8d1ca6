// Names of events that many sockets listen to, held once.

#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace cosio::socketio {

using shared_name = std::shared_ptr<const std::string>;

/// The name as others have it, if this thread gave it out lately; else a new one. Any thread.
///
/// A server registers the same few names for every socket. Those that are made up for one socket (`answer-4711`) push each other out, and are held by
/// no more than their listeners.
shared_name shared(std::string_view name);

}  // namespace cosio::socketio
