// Waiting at a gate, but for a time only.

#pragma once
#include <memory>
#include <utility>

#include "async/gate.hpp"
#include "async/wait_until.hpp"

namespace cosio::inline v0_2::async {

/// As gate::wait_for_zero(), until `when` at most.
inline task<> wait_for_zero_until(std::shared_ptr<gate> of, deadlines& timers, time_point when) {
  auto at_zero = [of](const std::weak_ptr<suspension>& waiting) {
    if (auto alive = waiting.lock()) of->end_at_zero(std::move(alive));
  };
  co_await wait_until(timers, when, std::move(at_zero));
}

}  // namespace cosio::inline v0_2::async
