// A call of a function on another strand, whose result the caller awaits.
//
//   co_await call_on(there, work) -> posted to `there` -> work() -> the caller is resumed on its own executor

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

namespace cosio::inline v0_2::async {

/// Calls `work()` on `there`. The caller is resumed on its own executor.
/// @return the result of work(). @throws the exception of work(); boost::system::system_error operation_aborted when
/// the caller is cancelled, or the io_context of `there` ends first.
template <class F>
task<std::invoke_result_t<F&>> call_on(strand there, F work) {
  using value = std::invoke_result_t<F&>;
  using kept = std::conditional_t<std::is_void_v<value>, bool, value>;
  struct outcome {
    std::optional<kept> result;
    std::exception_ptr thrown;
  };
  const auto out = std::make_shared<outcome>();
  // If the job is destroyed before it has run, because the io_context of `there` has ended, its destructor ends
  // the wait.
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

}  // namespace cosio::inline v0_2::async
