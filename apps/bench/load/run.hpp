// One run: connect, warm up, measure, wait for the outstanding replies, and report.

#pragma once
#include "figures.hpp"
#include "options.hpp"

namespace bench {

/// @return the results; their figure "ok" says whether nothing went wrong
/// @throws std::exception when there are no results
struct outcome {
  bool ok = false;
  figures found;
};
outcome run(const options& wanted);

}  // namespace bench
