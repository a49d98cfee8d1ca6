// What the application runs in front of an engine: middleware in the order of its registration, each with an awaitable
// next().
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

namespace cosio::engine {

using engine_middleware = std::function<task<>(http::request, http::response&, next)>;
using middleware_list = std::vector<engine_middleware>;

/// One request on its way through the chain. On its connection's strand.
class middleware_run {
 public:
  enum class outcome {
    passed,    ///< to the engine; head() goes out with its answer
    answered,  ///< one of them did not call next(): head() is the answer
    failed     ///< one of them threw
  };

  middleware_run(std::shared_ptr<const middleware_list> all, http::request asked)
      : all_(std::move(all)), asked_(std::move(asked)) {}

  /// Runs the chain, once. Logs what is thrown.
  static task<outcome> run(std::shared_ptr<middleware_run> self);

  http::response& head() noexcept { return head_; }

 private:
  static task<> step(std::shared_ptr<middleware_run> self, std::size_t at);

  const std::shared_ptr<const middleware_list> all_;
  const http::request asked_;
  http::response head_;
  bool passed_ = false;
};

/// Adds the headers of `from` to `to`. What `to` says itself stands, but Set-Cookie is added and Vary is joined.
void add_headers(http::response& to, const http::response& from);

}  // namespace cosio::engine
