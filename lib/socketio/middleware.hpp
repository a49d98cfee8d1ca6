// The chain of middleware, each with an awaitable next().

#pragma once
#include <cosio/hook.hpp>
#include <cosio/middleware.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "async/spawn.hpp"

namespace cosio::inline v0_2::socketio {

/// Runs `links[at…]` around `last`. A link that neither throws nor calls next() refuses. After that, or after it threw,
/// a call of its next() does nothing: it was refused already.
///
/// @param Link  callable as link(Subject&, next) -> task<>
/// @throws the exception of a link; refusal when a link stopped the chain.
template <class Link, class Subject>
task<> run_chain(std::shared_ptr<const std::vector<Link>> links, std::size_t at, std::shared_ptr<Subject> subject,
                 std::function<task<>()> last) {
  if (!links || at == links->size()) {
    auto work = last();
    co_await std::move(work);
    co_return;
  }
  enum class step { undecided, went_on, refused };
  const auto decision = std::make_shared<step>(step::undecided);
  auto rest = [links, at, subject, last = std::move(last), decision]() -> task<> {
    if (*decision == step::refused) return async::nothing();
    *decision = step::went_on;
    return run_chain(links, at + 1, subject, last);
  };
  try {
    auto work = detail::checked((*links)[at](*subject, next(std::move(rest))));
    co_await std::move(work);
  } catch (...) {
    if (*decision == step::undecided) *decision = step::refused;
    throw;
  }
  if (*decision == step::went_on) co_return;
  *decision = step::refused;
  throw refusal("not allowed");
}

}  // namespace cosio::inline v0_2::socketio
