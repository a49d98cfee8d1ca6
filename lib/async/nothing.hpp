// A task that has nothing to do, for plain functions that return a task and are done already.

#pragma once
#include <cosio/task.hpp>

namespace cosio::async {

inline task<> nothing() { co_return; }

}  // namespace cosio::async
