// A client of Socket.IO: a manager keeps the connection to one server, and its sockets are in the server's namespaces.
//
//   cosio::manager server(co_await boost::asio::this_coro::executor, "https://chat.example");
//   auto chat = server.socket("/chat", {.auth = {{"token", "abc"}}});
//   co_await chat.connect();
//   co_await chat.emit("say", "hello");
//
// docs/client.md says how to use it.

#pragma once
#include <boost/asio/any_io_executor.hpp>

#include <cosio/client_options.hpp>
#include <cosio/client_reason.hpp>
#include <cosio/client_socket.hpp>
#include <cosio/listener.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cosio::inline v0_2 {

namespace clients {
class manager_core;
}  // namespace clients

/// The connection of a client to one server, and its sockets. It connects when the first socket does.
///
/// It may be destroyed anywhere, also in a handler: its sockets are disconnected with `io client disconnect`, all waits
/// end, and no further handler is started. Handlers that run go on to their end.
/// @par Threads  Any, several at once; the destructor and moving: when nobody else uses it.
class manager {
 public:
  /// @param executor  Of an io_context, or a strand of one. The io_context must outlive the manager and all handles.
  /// @param url       `http://host:port`, also https, ws, wss. A path in it names the namespace of socket() without
  ///                  an argument of that kind.
  /// @throws error errc::bad_argument for a URL or an option that makes no sense; errc::not_supported for an executor
  ///               of another kind; errc::bad_certificate.
  manager(boost::asio::any_io_executor executor, std::string_view url, manager_options options = {});
  /// For tests and other transports: uses a core that was made elsewhere.
  explicit manager(std::shared_ptr<clients::manager_core> core) noexcept;
  manager(manager&&) noexcept;
  manager& operator=(manager&&) noexcept;
  manager(const manager&) = delete;
  manager& operator=(const manager&) = delete;
  ~manager();

  /// The socket of a namespace. The first call makes it; further calls return the same, and their options do not count.
  /// It does nothing before connect().
  client_socket socket(std::string_view nsp, client_socket_options options = {}) const;
  /// The socket of the namespace that the URL names; of "/" when it names none.
  client_socket socket(client_socket_options options = {}) const;

  /// Whether there is a connection.
  bool connected() const noexcept;
  /// "polling" or "websocket"; empty without a connection.
  std::string transport() const;
  /// The figures so far.
  client_metrics metrics() const;

  /// Tries to connect at once, where a reconnection waits for its time. The delays begin anew.
  void reconnect_now() const;
  /// Begins no attempt until resume(): for a machine without a network. A connection that is there stays.
  void pause() const;
  void resume() const;
  /// Closes the connection, and does not reconnect. Sockets are disconnected with `forced close`.
  void close() const;

  /// Calls `handler()` when a connection was made.
  listener_handle on_open(detail::handler<> handler) const;
  /// Calls `handler(cosio::client_reason)` when a connection has ended.
  listener_handle on_close(detail::handler<client_reason> handler) const;
  /// Calls `handler(cosio::connect_error)` when a connection could not be made.
  listener_handle on_error(detail::handler<connect_error> handler) const;
  /// Calls `handler()` for each heartbeat of the server.
  listener_handle on_ping(detail::handler<> handler) const;
  /// Calls `handler(std::size_t attempt)` before an attempt to reconnect, counted from 1.
  listener_handle on_reconnect_attempt(detail::handler<std::size_t> handler) const;
  /// Calls `handler(std::size_t attempts)` when it was successful.
  listener_handle on_reconnect(detail::handler<std::size_t> handler) const;
  /// Calls `handler(cosio::connect_error)` when it failed.
  listener_handle on_reconnect_error(detail::handler<connect_error> handler) const;
  /// Calls `handler()` when no further attempt is made: see manager_options::reconnection_attempts.
  listener_handle on_reconnect_failed(detail::handler<> handler) const;

 private:
  std::shared_ptr<clients::manager_core> core_;
  std::string nsp_of_url_ = "/";
};

}  // namespace cosio::inline v0_2
