// The command line of the chat app.

#pragma once
#include <cosio/http.hpp>
#include <optional>

namespace chat {

/// Reads the words of main() into `out`: where the chat listens, and its certificate. `chat --help` lists the options.
///
/// @return the exit code when the program must end now, because help was asked for or an argument is wrong.
std::optional<int> read_options(cosio::http::app_options& out, int argc, const char* const* argv);

}  // namespace chat
