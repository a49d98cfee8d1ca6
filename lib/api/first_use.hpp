// The question of http_api_options::first_use, with its time limit.
//
//   way in    service -> first_use::check() -> the function of the application -> its store

#pragma once
#include <cosio/http_api.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "api/refusal.hpp"
#include "async/deadlines.hpp"
#include "async/spawn.hpp"

namespace cosio::inline v0_2::api {

/// @par Threads  Any.
class first_use {
 public:
  using question = std::function<task<bool>(std::string code, std::chrono::milliseconds keep)>;
  explicit first_use(const http_api_options& limits);

  /// Whether there is something to ask.
  explicit operator bool() const noexcept { return static_cast<bool>(ask_); }
  /// Asks whether a code is used for the first time. On the strand of a connection.
  /// @param timers  They outlive the coroutine, and so does this object.
  /// @return a refusal when it is not, or when the store does not say so in its time.
  task<std::optional<refusal>> check(std::string code, async::deadlines& timers);

 private:
  const question ask_;
  const std::chrono::milliseconds keep_;
  const std::chrono::milliseconds timeout_;
  async::bounded_start asking_;
};

}  // namespace cosio::inline v0_2::api
