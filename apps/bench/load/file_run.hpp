// Files by plain HTTP: each client asks for one file again and again, over a connection that is kept. Any HTTP server
// will do.

#pragma once
#include "options.hpp"
#include "run.hpp"
#include "target.hpp"

namespace bench {

/// Asks for the file at `where.path` with GET, until the time, or the number of them, is over. All answers must have
/// the status and the size of the first one.
///
/// @throws std::exception when there are no results
outcome run_files(const options& wanted, const target& where);

}  // namespace bench
