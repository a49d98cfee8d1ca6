// Answers that a coroutine awaits, and that do not have the types that it asks for.

#pragma once

namespace cosio::inline v0_2::socketio {

/// From now on the log is told of them, with the socket that answered. Any thread.
void remark_unfit_answers() noexcept;

}  // namespace cosio::inline v0_2::socketio
