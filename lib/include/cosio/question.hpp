// Questions: functions of the application's whose answer the library waits for.
//
//   opts.allow_request = [](cosio::http::request asked) { return asked.has_header("x-key"); };
//   opts.allow_request = [](cosio::http::request asked) -> cosio::task<bool> { co_return co_await is_known(asked); };
//
// Applications do not name the type: options such as allow_request have it, and functions such as server::of() a
// parameter of it. They take a plain function and a coroutine alike.

#pragma once
#include <cosio/hook.hpp>
#include <cosio/task.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {
namespace detail {

// Whether a T answers a question for an R. A bool must be one: a text or a number in its place is a mistake.
template <class R, class T>
inline constexpr bool answers_with =
    std::is_convertible_v<T, R> && (!std::is_same_v<R, bool> || std::is_same_v<T, bool>);
template <class R, class T>
inline constexpr bool answers_with<R, task<T>> = answers_with<R, T>;

// A coroutine whose frame owns the plain function that it calls.
template <class R, class F, class... Args>
task<R> answer_plainly(std::shared_ptr<F> callable, Args... args) {
  R answer = std::invoke(*callable, std::move(args)...);
  co_return answer;
}

// Awaits the answer of a coroutine, and converts it. Parameters that are references refer to the arguments here.
template <class R, class F, class... Args>
task<R> answer_awaited(std::shared_ptr<F> callable, Args... args) {
  auto work = checked(std::invoke(*callable, std::move(args)...));
  R answer = co_await std::move(work);
  co_return answer;
}

/// A callable that takes `Args` and answers with an R: a plain function that returns an R, or a coroutine of type
/// task<R>. An R may also be another type that converts to it.
///
/// A plain function runs when the answer is awaited, and its exception leaves the await, as with a coroutine. A
/// coroutine may take its parameters by reference: they are kept until it has ended.
/// @par Threads  A value.
template <class R, class... Args>
class question {
 public:
  /// The callable as the library calls it. It must be kept until the task has ended.
  using function_type = std::function<task<R>(Args...)>;

  /// No function: nobody is asked.
  question() = default;
  question(std::nullptr_t) noexcept {}
  /// Any callable that takes `Args`.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, question> && std::is_invocable_v<std::decay_t<F>&, Args...>)
  question(F&& callable) {
    using type = std::decay_t<F>;
    using result = std::invoke_result_t<type&, Args...>;
    static_assert(answers_with<R, result>,
                  "cosio: this function answers with another type than it is asked for (a decision is a bool), or with "
                  "no task of that type");
    if (is_no_function<type>(callable)) return;
    if constexpr (answers_with<R, result>) {
      auto kept = std::make_shared<type>(std::forward<F>(callable));
      function_ = [kept = std::move(kept)](Args... args) -> task<R> {
        if constexpr (is_task<result>) {
          return answer_awaited<R, type, Args...>(kept, std::move(args)...);
        } else {
          return answer_plainly<R, type, Args...>(kept, std::move(args)...);
        }
      };
    }
  }

  /// Whether somebody is asked.
  explicit operator bool() const noexcept { return static_cast<bool>(function_); }
  /// The function; empty when nobody is asked. A question itself cannot be called: so no std::function is made around
  /// an empty one.
  const function_type& function() const noexcept { return function_; }
  // NOLINTNEXTLINE(google-explicit-constructor): it is one
  operator const function_type&() const noexcept { return function_; }
  /// For the library: gives the function away.
  function_type release() && noexcept { return std::move(function_); }

 private:
  function_type function_;
};

}  // namespace detail
}  // namespace cosio::inline v0_2
