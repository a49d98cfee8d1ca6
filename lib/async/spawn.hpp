// Starting a coroutine that nobody awaits. Exceptions that leave it are reported, never dropped.

#pragma once
#include <boost/asio/co_spawn.hpp>

#include <cosio/hook.hpp>
#include <cosio/task.hpp>

#include <exception>
#include <functional>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::async {

/// Logs an exception that has left a coroutine: at level error, or at level debug if it is a cancellation.
void report(std::string_view component, const std::exception_ptr& escaped) noexcept;

/// A task that is done already.
task<> nothing();

/// Whether a coroutine ends with this when the object that it waited for has gone: operation_aborted or
/// errc::disconnected.
bool is_end(const std::exception_ptr& escaped) noexcept;

/// Runs `work` on this thread until it ends or waits; a coroutine that waits is never resumed. For work that must be
/// done when there is no io_context any more.
void run_aside(std::string_view component, task<> work) noexcept;

/// Starts `work` on `on`: before this returns if `on` is the running strand.
template <class Executor>
void spawn(const Executor& on, std::string_view component, task<> work) {
  boost::asio::co_spawn(on, std::move(work), [component](std::exception_ptr e) {
    if (e) report(component, e);
  });
}

/// Starts the coroutine that a hook has returned. An empty task is that of a plain function, which has run: then there
/// is nothing to start.
template <class Executor>
void start(const Executor& on, std::string_view component, task<> work) {
  if (work.valid()) spawn(on, component, std::move(work));
}

/// A function that calls a hook; a coroutine is started on `on`. Empty for an empty hook.
/// @param component  Must outlive the function, as a literal does.
template <class Executor, class... Args>
std::function<void(Args...)> starting(const Executor& on, std::string_view component, hook<Args...> what) {
  auto call = std::move(what).release();
  if (!call) return nullptr;
  return [on, component, call = std::move(call)](Args... args) {
    start(on, component, call(std::forward<Args>(args)...));
  };
}

}  // namespace cosio::inline v0_2::async
