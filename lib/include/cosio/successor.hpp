// A new process takes over from an old one, without a refused connection in between: listening sockets that were
// inherited, those that are handed on, and what the service manager (systemd) is told.
//
//   cosio::options opts;
//   opts.sockets = cosio::http::inherited_sockets();  // empty: nobody has opened one, and host and port count
//   cosio::server io(opts);
//   io.run_until_signal();                            // tells "READY=1", and on a signal "STOPPING=1"
//
// Ask for this header by name.

#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::http {

/// The listening sockets that this process has inherited, for app_options::sockets: from a service manager that opened
/// them (socket activation), or from start_successor(). Programs that this one starts do not inherit them.
///
/// @param name  Only those of this name, which systemd takes from FileDescriptorName=. Empty: all.
/// @return their descriptors; none when nobody has passed any to this process.
/// @throws error errc::bad_argument when the environment says what cannot be: no number, too many sockets, descriptors
///               that are not open, other names than sockets.
/// @par Threads  Any; the environment must not be changed meanwhile.
/// @par Source   sd_listen_fds(3): LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES.
std::vector<int> inherited_sockets(std::string_view name = {});

/// Tells the service manager: "READY=1", "STOPPING=1", "STATUS=serving 12 clients", "WATCHDOG=1"; several lines are
/// several assignments. "RELOADING=1" gets the time that systemd wants with it.
///
/// app::run_until_signal() and server::run_until_signal() tell READY=1 and STOPPING=1 by themselves.
/// @return false when there is no service manager that listens, or it could not be told. A failure is logged.
/// @par Threads  Any; the environment must not be changed meanwhile. Blocks while the queue of the manager is full, for
///               one second at most.
/// @par Source   sd_notify(3): a datagram to the Unix socket NOTIFY_SOCKET.
bool tell_service_manager(std::string_view state);

/// Starts the next process, which inherits listening sockets. It finds them by inherited_sockets(). When its
/// run_until_signal() has begun to serve, it sends this process SIGTERM. Until then both accept connections. When it
/// ends before, this process serves on.
///
///     asio::signal_set on_upgrade(app.executor(), SIGUSR2);
///     co_await on_upgrade.async_wait(asio::use_awaitable);
///     cosio::http::start_successor({"/proc/self/exe", "--port", "3000"}, app.sockets());
///
/// @param command  The path of the program, and its arguments.
/// @param sockets  As app::sockets() names them, in the order of app_options::sockets.
/// @param names    Those by which the successor finds them: one for each socket. None: all are `unknown`.
/// @return the process. It is a child of this one.
/// @throws error errc::bad_argument without a command, without sockets, or with another number of names; and as long as
///               an earlier successor of this process has not ended: both would serve.
/// @throws boost::system::system_error when it cannot be started.
/// @par Threads  Any; the environment must not be changed meanwhile.
int start_successor(std::vector<std::string> command, std::vector<int> sockets, std::vector<std::string> names = {});

}  // namespace cosio::inline v0_2::http
