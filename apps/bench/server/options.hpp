// The command line of the measured server.

#pragma once
#include <cosio/options.hpp>

#include <optional>
#include <string>

namespace bench {

/// The options of the command line.
struct options {
  cosio::options server;
  std::string files;        ///< the folder behind "/files/"; empty: none
  unsigned namespaces = 0;  ///< number of unused namespaces: "/n0", "/n1", …
};

/// Reads the words of main() into `out`: a server on 127.0.0.1 with compression off, on one thread unless another
/// number is given. `bench_server --help` lists the options.
///
/// @return the exit code when the program must end now, because help was asked for or an argument is wrong.
std::optional<int> read_options(options& out, int argc, const char* const* argv);

}  // namespace bench
