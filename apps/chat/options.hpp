// The command line of the chat app.

#pragma once
#include <cosio/http.hpp>
#include <filesystem>
#include <optional>

namespace chat {

struct settings {
  cosio::http::app_options where;  // the address, and its certificate
  std::filesystem::path history;   // empty: what is said is forgotten with the process
};

/// Reads the words of main() into `out`. `chat --help` lists the options.
///
/// @return the exit code when the program must end now, because help was asked for or an argument is wrong.
std::optional<int> read_options(settings& out, int argc, const char* const* argv);

}  // namespace chat
