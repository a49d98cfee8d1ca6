// A hook: a plain function that the library calls in the middle of its own work, and does not wait for.
//
//   io.on_error([](cosio::socket who, const cosio::socket_error& wrong) { note(who.id() + ": " + wrong.message()); });
//
// Applications do not name the type: functions such as nsp::on_error() and engine_server::on_connection() have a
// parameter of it, and take any callable that fits. A coroutine does not compile there: it would never run.

#pragma once
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace cosio {
namespace detail {

// Whether a call with this result is a coroutine that somebody must await: a task, also one of another executor.
template <class T>
inline constexpr bool must_be_awaited = false;
template <class T, class Executor>
inline constexpr bool must_be_awaited<boost::asio::awaitable<T, Executor>> = true;

}  // namespace detail

/// A callable that takes `Args` and is no coroutine. Its result is ignored.
/// @par Threads  A value.
template <class... Args>
class hook {
 public:
  /// No function: nothing is called.
  hook() = default;
  hook(std::nullptr_t) noexcept {}
  /// Any callable that takes `Args`.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, hook>)
  hook(F&& callable) {
    using type = std::decay_t<F>;
    static_assert(std::is_invocable_v<type&, Args...>, "cosio: this hook cannot be called with what it is to be told");
    if constexpr (std::is_invocable_v<type&, Args...>) {
      static_assert(!detail::must_be_awaited<std::invoke_result_t<type&, Args...>>,
                    "cosio: this hook is a plain function: start a coroutine in it with cosio::spawn");
      function_ = std::forward<F>(callable);
    }
  }

  /// For the library: gives the function away.
  std::function<void(Args...)> take() && noexcept { return std::move(function_); }

 private:
  std::function<void(Args...)> function_;
};

}  // namespace cosio
