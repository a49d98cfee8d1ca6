// Starting a coroutine that nobody awaits: what leaves it is reported, never dropped.

#pragma once
#include <boost/asio/co_spawn.hpp>

#include <cosio/task.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace cosio::async {

/// Writes what escaped a coroutine to the log at level error. Cancellation is no news: level debug.
void report(std::string_view component, const std::exception_ptr& escaped) noexcept;

/// Whether this is how a coroutine ends when what it waited for has gone: cancelled, or errc::disconnected.
bool is_end(const std::exception_ptr& escaped) noexcept;

/// Runs `work` as far as it goes without waiting, here and now; should it wait for something, it does not go on afterwards. For what must be
/// done when there is no io_context any more.
void run_aside(std::string_view component, task<> work) noexcept;

/// Starts `work` on `on`; when `on` is the running strand, at once.
template <class Executor>
void spawn(const Executor& on, std::string_view component, task<> work) {
  boost::asio::co_spawn(on, std::move(work), [component](std::exception_ptr e) {
    if (e) report(component, e);
  });
}

}  // namespace cosio::async
