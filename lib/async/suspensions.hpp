// Coroutines that wait for the same event. Most objects never have one, so the list takes eight bytes while it
// is empty.

#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "async/suspension.hpp"

namespace cosio::inline v0_2::async {

/// @par Threads  One at a time.
class suspensions {
 public:
  void add(std::shared_ptr<suspension> waiting) {
    if (!waiting_) waiting_ = std::make_unique<list>();
    waiting_->push_back(std::move(waiting));
  }
  /// Ends all waits, in the order in which they began. A suspension that is added meanwhile stays.
  void end_all() noexcept {
    const auto done = std::exchange(waiting_, nullptr);
    if (!done) return;
    for (const auto& w : *done) w->end();
  }

 private:
  using list = std::vector<std::shared_ptr<suspension>>;
  std::unique_ptr<list> waiting_;
};

}  // namespace cosio::inline v0_2::async
