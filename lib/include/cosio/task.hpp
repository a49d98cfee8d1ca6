// What every operation that can wait returns: a lazy coroutine of Boost.Asio.

#pragma once
#include <boost/asio/awaitable.hpp>

namespace cosio {

/// An operation that can wait. Nothing happens before it is awaited; `co_await` gives its result or throws.
///
/// It is Asio's own awaitable: a handler may await any Asio-based library beside ours.
template <class T = void>
using task = boost::asio::awaitable<T>;

/// Starts `work` on `executor` without waiting for it. An exception that leaves it is logged at level error,
/// never dropped.
///
/// @par Threads  Any.
void spawn(boost::asio::any_io_executor executor, task<> work);

}  // namespace cosio
