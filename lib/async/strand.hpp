// The concrete executor types of the library: one io_context, a strand per client.

#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <string_view>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::async {

using executor = boost::asio::io_context::executor_type;
using strand = boost::asio::strand<executor>;

/// Calls `work` later. Its exceptions are logged: they would leave run(), which belongs to the application. So they do
/// if there is no memory. Work that must not be lost then handles its exceptions itself.
/// @throws std::bad_alloc when there is no memory to post with.
template <class Executor, class F>
void post(const Executor& on, std::string_view component, F&& work) {
  boost::asio::post(
      on, [component, work = std::forward<F>(work)]() mutable { base::guarded(component, [&work] { work(); }); });
}

/// Calls `work` at once if this thread runs on the strand, and posts it otherwise; see post().
///
/// asio::dispatch() would not do: called on another strand, it can run `work` in the middle of that strand's handler.
template <class F>
void run_on(const strand& on, F&& work) {
  if (on.running_in_this_thread()) {
    std::forward<F>(work)();
  } else {
    post(on, "async", std::forward<F>(work));
  }
}

}  // namespace cosio::inline v0_2::async
