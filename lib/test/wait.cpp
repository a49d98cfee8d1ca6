// The coroutine behind a wait.

#include "test/wait.hpp"

#include <utility>

namespace cosio::test::inline v0_2::kit {

cosio::task<> wait_for(std::shared_ptr<wait> what) {
  if (what->ended) co_return;
  auto hand_out = [what](std::shared_ptr<async::suspension> suspended) { what->coroutine = std::move(suspended); };
  co_await async::wait(std::move(hand_out));
}

}  // namespace cosio::test::inline v0_2::kit
