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

/// What the command line asks for: a server on 127.0.0.1 with compression off, on one thread unless told otherwise.
struct options {
  cosio::options server;
  unsigned namespaces = 0;  ///< that nobody uses: "/n0", "/n1", …
};

/// Reads `PORT [--threads N] [--namespaces N] [--max-payload BYTES] [--max-queued BYTES]`. --max-payload raises the
/// limit of a whole packet as well, to that of its attachments; --max-queued is what may wait for one client.
///
/// @throws usage_error for anything else.
options read_options(std::span<char* const> words);

/// One line with all flags.
inline constexpr const char* usage =
    "usage: bench_server PORT [--threads N] [--namespaces N] [--max-payload BYTES] [--max-queued BYTES]";

}  // namespace bench
