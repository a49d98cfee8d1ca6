// Handlers that stop with their client: their coroutine is cancelled when the socket leaves.

#pragma once
#include <cosio/task.hpp>

#include <memory>

namespace cosio::socketio {

class socket_core;

/// Runs `work` on the client's strand, to its end or until the socket leaves: then it is cancelled where it waits, and
/// this returns once it has ended. How a cancelled coroutine ends is no error; what else it throws is thrown on.
/// Nothing runs when the socket has left already.
task<> run_until_left(std::shared_ptr<socket_core> socket, task<> work);

}  // namespace cosio::socketio
