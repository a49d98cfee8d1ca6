// Hooks: functions of the application's that the library calls in the middle of its own work, and does not wait for.
//
//   io.on_error([](cosio::socket who, const cosio::socket_error& wrong) { note(who.id() + ": " + wrong.message()); });
//   io.on_error([](cosio::socket who, cosio::socket_error wrong) -> cosio::task<> {
//     co_await who.emit("sorry", wrong.message());
//   });
//
// Applications do not name the types: functions such as nsp::on_error() and engine_server::on_connection() have a
// parameter of them, and take any callable that fits. A plain function has returned before the library goes on. A
// coroutine is started, and the library goes on when the coroutine waits for the first time. Where the library needs
// all that the function does, such as the headers that it sets, a coroutine does not compile.
//
// A client can cause many of these coroutines. Those of a client's own hooks are counted: while as many run as handlers
// may (options.max_handlers_in_flight, max_held_bytes), nothing more is read from it. Those that belong to no client
// have a number, above which the newest is not started, and the log says so.

#pragma once
#include <boost/asio/awaitable.hpp>

#include <cosio/fwd.hpp>
#include <cosio/task.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {
namespace detail {

// Whether a call with this result is a coroutine that somebody must await: a task, also one of another executor.
template <class T>
inline constexpr bool must_be_awaited = false;
template <class T, class Executor>
inline constexpr bool must_be_awaited<boost::asio::awaitable<T, Executor>> = true;

// The same for those that a task can await.
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

template <class T>
inline constexpr bool is_std_function = false;
template <class T>
inline constexpr bool is_std_function<std::function<T>> = true;

// Whether nothing is to be called: a null pointer, or an empty std::function.
template <class F>
bool is_no_function(const F& callable) noexcept {
  if constexpr (std::is_pointer_v<F> || is_std_function<F>) {
    return !callable;
  } else {
    return false;
  }
}

/// For a function of the application's that returned an empty task, which nobody can await: `return {};` in a function
/// without co_return.
/// @throws error errc::bad_argument
[[noreturn]] void throw_empty_task();
/// The task that a function of the application's has returned. @throws as throw_empty_task(), for an empty one.
template <class T>
task<T> checked(task<T> work) {
  if (!work.valid()) throw_empty_task();
  return work;
}

// Owns the callable and the arguments of a coroutine, and ignores its result. Parameters that are references refer to
// the arguments in this frame.
template <class F, class... Args>
task<> run_hook(std::shared_ptr<F> callable, std::decay_t<Args>... args) {
  auto work = checked(std::invoke(*callable, std::forward<Args>(args)...));
  if constexpr (std::is_same_v<decltype(work), task<>>) {
    co_await std::move(work);
  } else {
    [[maybe_unused]] const auto ignored = co_await std::move(work);
  }
}

}  // namespace detail

/// A callable that takes `Args` and is no coroutine. Its result is ignored.
/// @par Threads  A value.
template <class... Args>
class plain_hook {
 public:
  /// No function: nothing is called.
  plain_hook() = default;
  plain_hook(std::nullptr_t) noexcept {}
  /// Any callable that takes `Args`.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, plain_hook>)
  plain_hook(F&& callable) {
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

/// A callable that takes `Args`: a plain function, or a coroutine of type task<>. Its result is ignored.
/// @par Threads  A value.
template <class... Args>
class hook {
 public:
  /// The callable as the library calls it: a plain function has run when the call returns an empty task. A coroutine is
  /// returned to be started. It owns its callable and its arguments.
  using function = std::function<task<>(Args...)>;

  /// No function: nothing is called.
  hook() = default;
  hook(std::nullptr_t) noexcept {}
  /// Any callable that takes `Args`.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, hook>)
  hook(F&& callable) {
    using type = std::decay_t<F>;
    constexpr bool of_errors = std::is_same_v<void(Args...), void(socket, const socket_error&)>;
    static_assert(std::is_invocable_v<type&, Args...> || !of_errors,
                  "cosio: a handler of on_error() of a server or a namespace takes (cosio::socket who, const "
                  "cosio::socket_error& what); only that of a socket takes the error alone");
    static_assert(std::is_invocable_v<type&, Args...> || of_errors,
                  "cosio: this hook cannot be called with what it is to be told");
    if constexpr (std::is_invocable_v<type&, Args...>) {
      using result = std::invoke_result_t<type&, Args...>;
      static_assert(!detail::must_be_awaited<result> || detail::is_task<result>,
                    "cosio: a coroutine as a hook returns cosio::task<>");
      if (detail::is_no_function<type>(callable)) return;
      if constexpr (detail::is_task<result>) {
        function_ = start_of(std::make_shared<type>(std::forward<F>(callable)));
      } else if constexpr (!detail::must_be_awaited<result>) {
        function_ = call_of(type(std::forward<F>(callable)));
      }
    }
  }

  /// For the library: gives the function away.
  function release() && noexcept { return std::move(function_); }

 private:
  template <class F>
  static function start_of(std::shared_ptr<F> kept) {
    return [kept = std::move(kept)](Args... args) -> task<> {
      return detail::run_hook<F, Args...>(kept, std::forward<Args>(args)...);
    };
  }
  template <class F>
  static function call_of(F callable) {
    return [callable = std::move(callable)](Args... args) mutable -> task<> {
      static_cast<void>(std::invoke(callable, std::forward<Args>(args)...));
      return {};
    };
  }

  function function_;
};

}  // namespace cosio::inline v0_2
