// The type of every operation that can wait: a lazy coroutine of Boost.Asio. Handlers are coroutines of this type, too.

#pragma once
#include <cosio/version.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <new>

// Every file with a coroutine would compile these two, because Asio throws them. The library has them.
#ifndef BOOST_NO_EXCEPTIONS
extern template class boost::wrapexcept<std::bad_alloc>;
extern template class boost::wrapexcept<boost::system::system_error>;
#endif

namespace cosio::inline v0_2 {

/// An operation that can wait. Nothing happens before it is awaited; `co_await` gives its result or throws.
///
/// It is Asio's own awaitable, so a handler may await any library that is based on Asio. A task is awaited once, by the
/// coroutine that got it; a task that is dropped does nothing. The library's own calls copy their arguments before they
/// return, so their task may be awaited later than in the same expression.
/// @par Threads       A coroutine goes on where it was started: a handler on its client's strand.
/// @par Cancellation  Asio's: a cancelled wait throws boost::system::system_error with
///                    boost::asio::error::operation_aborted.
template <class T = void>
using task = boost::asio::awaitable<T>;

/// Starts `work` on `executor` and does not wait for it. An exception that leaves it is logged at level error (a
/// cancellation at level debug), and harms nobody else.
///
/// @param executor  For example `co_await boost::asio::this_coro::executor`, or server::executor().
/// @par Threads  Any. The coroutine starts on the executor: at once when the caller runs on it, else soon.
void spawn(boost::asio::any_io_executor executor, task<> work);

}  // namespace cosio::inline v0_2
