// One session of `cosio connect`: connect, send, listen, print.

#pragma once
#include <boost/asio/any_io_executor.hpp>

#include <cosio/task.hpp>

#include "options.hpp"

namespace shell {

/// The exit codes of the program, beside 0 for success, 1 for a failure and 2 for wrong arguments.
inline constexpr int exit_unreachable = 3;
inline constexpr int exit_refused = 4;
inline constexpr int exit_unanswered = 5;
inline constexpr int exit_disconnected = 6;

/// @return the exit code.
cosio::task<int> run(boost::asio::any_io_executor on, options wanted);

}  // namespace shell
