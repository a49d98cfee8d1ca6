// The command line of the measured server.

#pragma once
#include <cosio/options.hpp>

#include <span>
#include <stdexcept>

namespace bench {

/// A command line that cannot be obeyed; says which word is wrong.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The options of the command line: a server on 127.0.0.1 with compression off, on one thread unless another number
/// is given.
struct options {
  cosio::options server;
  unsigned namespaces = 0;  ///< number of unused namespaces: "/n0", "/n1", …
};

/// Reads `PORT` and flags:
///
///   --threads N           1
///   --namespaces N        that nobody uses
///   --max-payload BYTES   raises the limit of a whole packet as well, to that of its attachments
///   --max-queued BYTES    what may wait for one client
///   --metrics-path PATH   answers with the server's metrics
///   --ping MS             the interval of heartbeats, and how long they may take
///   --recovery MS         clients that come back in this time are the same sockets
///
/// @throws usage_error for anything else.
options read_options(std::span<char* const> words);

/// One line with all flags.
inline constexpr const char* usage =
    "usage: bench_server PORT [--threads N] [--namespaces N] [--max-payload BYTES] [--max-queued BYTES]"
    " [--metrics-path PATH] [--ping MS] [--recovery MS]";

}  // namespace bench
