// The application's middleware in front of an engine, in the order of registration, each with an awaitable next().
//
//   way in    engine_core::answer(), upgrade() -> middleware_run -> the engine's own checks

#pragma once
#include <cosio/http.hpp>
#include <cosio/middleware.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cosio::inline v0_2::engine {

using engine_middleware = std::function<task<>(http::request, http::response&, next)>;
using middleware_list = std::vector<engine_middleware>;

/// One request on its way through the chain. On its connection's strand.
class middleware_run {
 public:
  enum class outcome {
    passed,    ///< all called next(): the engine answers, and head() is added to its answer
    answered,  ///< one did not call next(): head() is the answer
    failed     ///< one threw an exception
  };

  middleware_run(std::shared_ptr<const middleware_list> all, http::request asked)
      : all_(std::move(all)), asked_(std::move(asked)) {}

  /// Runs the chain, once. Exceptions are logged.
  static task<outcome> run(std::shared_ptr<middleware_run> self);

  http::response& head() noexcept { return head_; }

 private:
  static task<> step(std::shared_ptr<middleware_run> self, std::size_t at);

  const std::shared_ptr<const middleware_list> all_;
  const http::request asked_;
  http::response head_;
  bool passed_ = false;
};

/// Adds the headers of `from` to `to`. Headers that `to` has stay as they are, but Set-Cookie is added and Vary joined.
void add_headers(http::response& to, const http::response& from);

}  // namespace cosio::inline v0_2::engine
