// Handlers that stop with their client: their coroutine is cancelled when the socket leaves.

#pragma once
#include <cosio/task.hpp>

#include <memory>

namespace cosio::inline v0_2::socketio {

class socket_core;

/// Runs `work` on the client's strand, to its end or until the socket leaves. When the socket leaves, `work` is
/// cancelled where it waits; this returns after it has ended. Nothing runs when the socket has left already.
/// @throws the exceptions of `work`, but not the one that a cancelled coroutine ends with.
task<> run_until_left(std::shared_ptr<socket_core> socket, task<> work);

}  // namespace cosio::inline v0_2::socketio
