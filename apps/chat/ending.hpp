// The end of the program, on SIGINT and SIGTERM.

#pragma once
#include <cosio/cosio.hpp>

namespace chat {

/// Waits for a signal; then everybody is disconnected, the port is closed, and app.run() returns.
cosio::task<> end_on_signal(cosio::http::app app, cosio::server io);

}  // namespace chat
