// The chain of an engine's middleware.

#include "engine/engine_middleware.hpp"

#include <exception>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::engine {

task<middleware_run::outcome> middleware_run::run(std::shared_ptr<middleware_run> self) {
  std::exception_ptr thrown;
  try {
    co_await step(self, 0);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) base::log_thrown("engine", {"a middleware threw, its request is refused"}, thrown);
  if (thrown) co_return outcome::failed;
  if (self->passed_) co_return outcome::passed;
  co_return outcome::answered;
}

task<> middleware_run::step(std::shared_ptr<middleware_run> self, std::size_t at) {
  if (at == self->all_->size()) {
    self->passed_ = true;
    co_return;
  }
  // Once the link has returned, it has answered the request, or refused it: a later call of its next() does nothing.
  const auto returned = std::make_shared<bool>(false);
  std::function<task<>()> rest = [self, at, returned] { return *returned ? async::nothing() : step(self, at + 1); };
  next go(std::move(rest));
  try {
    auto work = detail::checked((*self->all_)[at](self->asked_, self->head_, std::move(go)));
    co_await std::move(work);
  } catch (...) {
    *returned = true;
    throw;
  }
  *returned = true;
}

void add_headers(http::response& to, const http::response& from) {
  const http::response own = to;
  for (const auto& [name, value] : from.headers()) {
    if (http::same_name(name, "vary") && !own.get(name).empty()) {
      to.set(name, std::string(to.get(name)) + ", " + value);
    } else if (http::same_name(name, "set-cookie") || own.get(name).empty()) {
      to.add(name, value);
    }
  }
}

}  // namespace cosio::inline v0_2::engine
