// Where coroutines of a world wait until the test lets them go. With threads, see pause.hpp.
//
//   halt here;                                   // declared before the world, and before its server
//   s.on_packet([&here](const session_packet&) { return here.wait(); });
//   …
//   here.let_go(house.w);                        // none may be left at the end

#pragma once
#include <cosio/task.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// One thread.
class halt {
 public:
  task<> wait() {
    auto hand_out = [this](std::shared_ptr<async::suspension> arrived) { waiting_.push_back(std::move(arrived)); };
    co_await async::suspend(std::move(hand_out));
  }
  std::size_t size() const noexcept { return waiting_.size(); }
  /// Lets the one go that has waited longest.
  void let_one_go(world& in) {
    const auto first = waiting_.front();
    waiting_.erase(waiting_.begin());
    first->end();
    in.settle();
  }
  /// Lets all go, and those that come meanwhile.
  void let_go(world& in) {
    while (!waiting_.empty()) {
      for (const auto& one : std::exchange(waiting_, {})) one->end();
      in.settle();
    }
  }

 private:
  std::vector<std::shared_ptr<async::suspension>> waiting_;
};

}  // namespace cosio::test
