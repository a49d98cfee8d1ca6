// The chain of middleware, each with an awaitable next().

#pragma once
#include <cosio/middleware.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace cosio::socketio {

/// Runs `links[at…]` around `last`. A link that neither throws nor calls next() refuses.
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
  const auto went_on = std::make_shared<bool>(false);
  auto rest = [links, at, subject, last = std::move(last), went_on]() -> task<> {
    *went_on = true;
    return run_chain(links, at + 1, subject, last);
  };
  auto work = (*links)[at](*subject, next(std::move(rest)));
  co_await std::move(work);
  if (!*went_on) throw refusal("not allowed");
}

}  // namespace cosio::socketio
