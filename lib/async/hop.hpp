// Running a few lines on another strand and coming back with their result.

#pragma once
#include <boost/asio/error.hpp>
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
/// @throws boost::system::system_error operation_aborted when the caller is cancelled, or the io_context of `there` ends first.
template <class F>
task<std::invoke_result_t<F&>> call_on(strand there, F work) {
  using value = std::invoke_result_t<F&>;
  using kept = std::conditional_t<std::is_void_v<value>, bool, value>;
  struct outcome {
    std::optional<kept> result;
    std::exception_ptr thrown;
  };
  const auto out = std::make_shared<outcome>();
  // Dropped without having run, it still ends the caller's wait: the other strand's io_context has ended.
  struct job {
    job(std::shared_ptr<outcome> o, F w, std::shared_ptr<suspension> c)
        : out(std::move(o)), work(std::move(w)), caller(std::move(c)) {}
    job(job&&) noexcept = default;
    ~job() {
      if (caller) caller->end(boost::asio::error::operation_aborted);
    }
    void operator()() {
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
      std::exchange(caller, nullptr)->end();
    }
    std::shared_ptr<outcome> out;
    F work;
    std::shared_ptr<suspension> caller;
  };
  auto hand_out = [there, out, work = std::move(work)](std::shared_ptr<suspension> caller) mutable {
    boost::asio::post(there, job(out, std::move(work), std::move(caller)));
  };
  const boost::system::error_code ec = co_await suspend(std::move(hand_out));
  if (out->thrown) std::rethrow_exception(out->thrown);
  if (!out->result) throw boost::system::system_error(ec);
  if constexpr (!std::is_void_v<value>) co_return std::move(*out->result);
}

}  // namespace cosio::async
