// Running a few lines on another strand and coming back with their result.

#pragma once
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "async/strand.hpp"
#include "async/suspension.hpp"

namespace cosio::async {

/// Calls `work()` on `there` and returns what it returned, or throws what it threw. The caller goes on on its own executor.
template <class F>
task<std::invoke_result_t<F&>> call_on(strand there, F work) {
  using value = std::invoke_result_t<F&>;
  using kept = std::conditional_t<std::is_void_v<value>, bool, value>;
  struct outcome {
    std::optional<kept> result;
    std::exception_ptr thrown;
  };
  const auto out = std::make_shared<outcome>();
  auto hand_out = [there, out, work = std::move(work)](std::shared_ptr<suspension> caller) mutable {
    boost::asio::post(there, [out, work = std::move(work), caller = std::move(caller)]() mutable {
      try {
        if constexpr (std::is_void_v<value>) {
          work();
          out->result = true;
        } else {
          out->result.emplace(work());
        }
      } catch (...) {
        out->thrown = std::current_exception();
      }
      caller->end();
    });
  };
  const boost::system::error_code ec = co_await suspend(std::move(hand_out));
  if (out->thrown) std::rethrow_exception(out->thrown);
  if (!out->result) throw boost::system::system_error(ec);
  if constexpr (!std::is_void_v<value>) co_return std::move(*out->result);
}

}  // namespace cosio::async
