// One run: connect, warm up, measure, wait for what is still out, and tell.

#pragma once
#include "figures.hpp"
#include "options.hpp"

namespace bench {

/// @return what was found; its figure "ok" says whether nothing went wrong
/// @throws std::exception when there is nothing to find
struct outcome {
  bool ok = false;
  figures found;
};
outcome run(const options& wanted);

}  // namespace bench
