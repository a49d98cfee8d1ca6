// A socket that tells when it can be read or written. The build chooses one of two implementations:
//
//   poller.hpp       one epoll instance for all sockets of an io_context; the default where there is epoll (Linux)
//   asio_waits.hpp   Asio's own waits; the default elsewhere, and with the CMake option COSIO_ASIO_WAITS
//
// Both promise the same, and pass the same tests:
//
// Ownership   The socket owns its descriptor, which must not block. The constructor throws
//             boost::system::system_error if the system cannot watch another socket. close() ends all waits with
//             operation_aborted and closes the descriptor.
// Threads     Waits, more_to_read() and close() happen on one strand. Any thread may use fd() beside waits, but not
//             beside close(). Sockets of one io_context may be made and closed on several threads at once.
// Waiting     A listener is told once, on the strand that it named, and never before the call returns. All waits
//             name one strand. A second listener of one direction joins the first: both are told. A listener may be
//             told although nothing can be read: whoever is told tries, and waits again if the attempt would block. A
//             listener is never told too seldom.
// A peer's    wait_end() takes the place of wait_readable(). Its listener is told of the end of the peer's direction,
// end         though bytes before it may be unread. Asio's own waits tell of a broken connection only.
// Memory      The poller stores a wait in the socket, and takes memory only to tell of it. Asio's waits take memory for
//             each wait, too. Both throw std::bad_alloc from a wait if there is none. If there is no memory to tell a
//             listener, the listener is released without being told.
// Work        io_context::run() does not return while a socket of this io_context is open.
// The end     When the io_context ends, listeners that wait are released and not told. A socket may outlive its
//             io_context: it reads and writes as before, and its waits do nothing.

#pragma once
#include <boost/asio/io_context.hpp>

#include <concepts>
#include <memory>
#include <utility>

#include "async/strand.hpp"
#include "async/stream.hpp"
#include "base/descriptor.hpp"

#if !defined(COSIO_ASIO_WAITS)
#error "a source that includes this file must be named by cosio_chooses_waits() in its CMakeLists.txt"
#elif COSIO_ASIO_WAITS
#include "async/asio_waits.hpp"
#else
#include "async/poller.hpp"
#endif

namespace cosio::inline v0_2::async {

#if COSIO_ASIO_WAITS
using watched_socket = asio_socket;
#else
using watched_socket = polled_socket;
#endif

/// The interface that both implementations have.
template <class T>
concept tells_when_ready =
    std::constructible_from<T, boost::asio::io_context&, base::descriptor> &&
    requires(T& socket, boost::asio::io_context& io, const strand& on, std::shared_ptr<stream_listener> who) {
      { std::as_const(socket).fd() } noexcept -> std::same_as<int>;
      socket.wait_readable(on, who);
      socket.wait_writable(on, who);
      socket.wait_end(on, who);
      { socket.more_to_read() } noexcept;  // the last read filled its buffer: the next wait is told at once
      { socket.close() } noexcept;         // idempotent
      T::run_by_one_thread(io);            // one thread runs the io_context, now and later; called before it does
    };
static_assert(tells_when_ready<watched_socket>);

}  // namespace cosio::inline v0_2::async
