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

/// Reads `PORT [--threads N]`: a server on 127.0.0.1 with compression off, on one thread unless told otherwise.
///
/// @throws usage_error for anything else.
cosio::options read_options(std::span<char* const> words);

}  // namespace bench
