// One wait of a test: for an answer, an event, or time. The world names those that go on when nothing happens any more.

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/task.hpp>

#include <memory>
#include <optional>
#include <string>

#include "async/suspension.hpp"
#include "test/engine_life.hpp"

namespace cosio::test::inline v0_2::kit {

struct wait {
  std::string who;   // "ann"
  std::string what;  // "the answer to \"add\""
  moment since{0};
  std::optional<arguments> got;
  std::string failure;  // why it ended without
  bool ended = false;
  std::shared_ptr<async::suspension> coroutine;  // while one is suspended in it

  /// Ends it, once. The coroutine goes on when the world runs.
  void end() {
    if (ended) return;
    ended = true;
    if (coroutine) coroutine->end();
    coroutine.reset();
  }
};

/// Suspends until the wait has ended. @throws boost::system::system_error with operation_aborted when cancelled.
cosio::task<> wait_for(std::shared_ptr<wait> what);

}  // namespace cosio::test::inline v0_2::kit
