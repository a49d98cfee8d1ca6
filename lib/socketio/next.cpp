// The rest of a chain of middleware.

#include <cosio/middleware.hpp>

#include <utility>

namespace cosio::inline v0_2 {

next::next(std::function<task<>()> rest) : rest_(std::make_shared<std::function<task<>()>>(std::move(rest))) {}

task<> next::run(std::shared_ptr<std::function<task<>()>> rest) {
  const std::function<task<>()> once = std::exchange(*rest, nullptr);
  if (!once) co_return;
  auto work = once();
  co_await std::move(work);
}

}  // namespace cosio::inline v0_2
