// The server: namespaces on a path of an application.

#pragma once
#include <cosio/engine.hpp>
#include <cosio/http.hpp>
#include <cosio/nsp.hpp>
#include <cosio/options.hpp>
#include <cosio/pattern.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

namespace socketio {
class server_core;
}

/// A Socket.IO server. A handle: copies name the same server, which lives as long as one of them or one of its clients.
///
/// @par Threads  Any; register handlers before it listens.
class server {
 public:
  /// Owns its port (options.host, options.port) and its threads; run() serves.
  explicit server(cosio::options opts = {});
  /// Shares the port of an application; app.run() serves.
  explicit server(http::app& app, cosio::options opts = {});
  /// Owns its port, but runs on the caller's io_context and starts no thread.
  explicit server(boost::asio::any_io_executor executor, cosio::options opts = {});
  explicit server(std::shared_ptr<socketio::server_core> core) noexcept : core_(std::move(core)) {}

  /// The namespace of that name, made on first use; a leading '/' is added.
  nsp of(std::string_view name) const;
  /// Makes namespaces whose names match, when a client asks for one.
  parent_nsp of(const pattern& names) const;
  /// Asks `allow(name, handshake)` whether to make a namespace that nobody has made. Patterns and predicates are tried in the order of
  /// registration. What it throws counts as no, and is logged.
  parent_nsp of(std::function<task<bool>(std::string, handshake)> allow) const;
  /// of("/")
  nsp sockets() const { return of("/"); }
  /// Told of every namespace that is made, but "/".
  const server& on_new_namespace(std::function<void(nsp)> handler) const;

  // Everything of the namespace "/".
  const server& use(detail::nsp_middleware middleware) const { return sockets().use(std::move(middleware)), *this; }
  template <class F>
  const server& on_connection(F&& handler) const { return sockets().on_connection(std::forward<F>(handler)), *this; }
  template <class F>
  const server& on(std::string_view event, F&& handler) const { return sockets().on(event, std::forward<F>(handler)), *this; }
  template <class... Args>
  task<report> emit(std::string_view event, const Args&... args) const { return sockets().emit(event, args...); }
  template <class... Args>
  task<report> send(const Args&... args) const { return sockets().send(args...); }
  template <class... R>
  [[nodiscard]] broadcast_operator to(const R&... rooms) const { return sockets().to(rooms...); }
  template <class... R>
  [[nodiscard]] broadcast_operator in(const R&... rooms) const { return sockets().to(rooms...); }
  template <class... R>
  [[nodiscard]] broadcast_operator except(const R&... rooms) const { return sockets().except(rooms...); }
  [[nodiscard]] broadcast_operator local() const { return sockets().local(); }
  [[nodiscard]] broadcast_operator volatile_() const { return sockets().volatile_(); }
  [[nodiscard]] broadcast_operator compress(bool on = true) const { return sockets().compress(on); }
  [[nodiscard]] broadcast_operator binary(bool on = true) const { return sockets().binary(on); }
  [[nodiscard]] broadcast_operator timeout(std::chrono::milliseconds after) const { return sockets().timeout(after); }
  task<std::vector<std::string>> clients() const { return sockets().clients(); }
  task<std::vector<remote_socket>> fetch_sockets() const { return sockets().fetch_sockets(); }
  template <class... R>
  task<> sockets_join(const R&... rooms) const { return sockets().sockets_join(rooms...); }
  template <class... R>
  task<> sockets_leave(const R&... rooms) const { return sockets().sockets_leave(rooms...); }
  task<> disconnect_sockets(bool close = false) const { return sockets().disconnect_sockets(close); }
  template <class... Args>
  task<> server_side_emit(std::string_view event, const Args&... args) const { return sockets().server_side_emit(event, args...); }
  template <class... Args>
  task<answers> server_side_emit_with_ack(std::string_view event, const Args&... args) const {
    return sockets().server_side_emit_with_ack(event, args...);
  }
  template <class F>
  listener_handle on_server_side(std::string_view event, F&& handler) const {
    return sockets().on_server_side(event, std::forward<F>(handler));
  }

  engine_server engine() const;
  const cosio::options& options() const noexcept;
  const std::string& path() const noexcept;

  /// Makes this server answer on one more application's port.
  const server& attach(http::app& app) const;

  /// Opens the port of a server that owns one. @return the port. @throws error errc::address_in_use.
  std::uint16_t listen() const;
  std::uint16_t port() const noexcept;
  /// Serves until stop(); listens first if that was not done.
  void run() const;
  void stop() const noexcept;

  /// Disconnects every socket (reason `server shutting down`), closes every session and, when it owns one, the port.
  /// @par Completes  when every connection is closed.
  task<> close() const;

  boost::asio::any_io_executor executor() const;
  const std::shared_ptr<socketio::server_core>& internals() const noexcept { return core_; }

 private:
  std::shared_ptr<socketio::server_core> core_;
  std::shared_ptr<void> owner_;  // of the port, when the server has one
};

}  // namespace cosio
