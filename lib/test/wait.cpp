// The coroutine behind a wait.

#include "test/wait.hpp"

#include <utility>

namespace cosio::test::inline v0_2::kit {

namespace {

// A coroutine that has ended, or was cancelled, waits no more.
struct end_of_wait {
  explicit end_of_wait(std::shared_ptr<wait> which) noexcept : what(std::move(which)) {}
  end_of_wait(const end_of_wait&) = delete;
  end_of_wait& operator=(const end_of_wait&) = delete;
  ~end_of_wait() { what->coroutine.reset(); }

  const std::shared_ptr<wait> what;
};

}  // namespace

cosio::task<> wait_for(std::shared_ptr<wait> what) {
  if (what->ended) co_return;
  const end_of_wait guard(what);
  auto hand_out = [what](std::shared_ptr<async::suspension> suspended) { what->coroutine = std::move(suspended); };
  co_await async::wait(std::move(hand_out));
}

}  // namespace cosio::test::inline v0_2::kit
