// The concrete executor types of the library: one io_context, a strand per client.

#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace cosio::async {

using executor = boost::asio::io_context::executor_type;
using strand = boost::asio::strand<executor>;

/// Calls `work` at once if this thread runs on the strand, and posts it otherwise.
///
/// asio::dispatch() would not do: called on another strand, it can run `work` in the middle of that strand's handler.
template <class F>
void run_on(const strand& on, F&& work) {
  if (on.running_in_this_thread()) {
    std::forward<F>(work)();
  } else {
    boost::asio::post(on, std::forward<F>(work));
  }
}

}  // namespace cosio::async
