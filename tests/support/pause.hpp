// Where a handler waits until the test lets it go on.
//
//   pause here;
//   c.on("slow", [&]() -> cosio::task<> { co_await here.wait(); … });
//   …
//   here.go();                                 // waits for one to arrive, ten seconds at most, and lets it go

#pragma once
#include <memory>
#include <utility>

#include "async/suspension.hpp"
#include "support/mailbox.hpp"

namespace cosio::test {

/// Any thread.
class pause {
 public:
  /// Waits until the test says go(), or the coroutine is destroyed.
  task<> wait() {
    auto hand_out = [this](std::shared_ptr<async::suspension> arrived) { waiting_.put(std::move(arrived)); };
    co_await async::suspend(std::move(hand_out));
  }
  /// Lets the one go that has waited longest.
  void go() { waiting_.take()->end(); }
  /// Waits until somebody is here. @return what lets him go.
  std::shared_ptr<async::suspension> arrival() { return waiting_.take(); }
  bool empty() const { return waiting_.empty(); }

 private:
  mailbox<std::shared_ptr<async::suspension>> waiting_;
};

}  // namespace cosio::test
