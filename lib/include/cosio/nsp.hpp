// A namespace: middleware, connections, broadcasts.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/fwd.hpp>
#include <cosio/listener.hpp>
#include <cosio/middleware.hpp>
#include <cosio/socket.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio {

namespace socketio {
class parent_core;
}

namespace detail {

using connection_handler = std::function<task<>(socket)>;
using nsp_middleware = std::function<task<>(socket&, next)>;

/// Accepts `[](socket) -> task<>` and `[](socket) -> void`.
template <class F>
connection_handler make_connection_handler(F&& handler) {
  if constexpr (std::is_same_v<std::invoke_result_t<std::decay_t<F>&, socket>, task<>>) {
    return connection_handler(std::forward<F>(handler));
  } else {
    // Plain functions run to their end at once; what they throw is reported like a coroutine's exception.
    auto kept = std::make_shared<std::decay_t<F>>(std::forward<F>(handler));
    return [kept](socket s) -> task<> {
      return [](std::shared_ptr<std::decay_t<F>> f, socket who) -> task<> {
        (*f)(std::move(who));
        co_return;
      }(kept, std::move(s));
    };
  }
}

}  // namespace detail

/// A namespace of a server. A handle: copies name the same namespace.
///
/// @par Threads  Any; handlers and middleware registered later are seen by clients that connect later.
class nsp {
 public:
  explicit nsp(std::shared_ptr<socketio::nsp_core> core) noexcept : core_(std::move(core)) {}

  const std::string& name() const noexcept;

  /// Runs for every client that joins, in the order of registration, before it is in; see middleware.hpp. On the client's strand.
  const nsp& use(detail::nsp_middleware middleware) const;

  /// Called for every socket that has joined: `[](cosio::socket s) -> cosio::task<>` or `-> void`. On the client's strand; what it registers before
  /// its first suspension misses no event. Lives as long as any of its coroutines.
  template <class F>
  const nsp& on_connection(F&& handler) const { return add_connection_handler(detail::make_connection_handler(std::forward<F>(handler))); }
  /// on("connection", …) and on("connect", …) are the same. @throws error errc::bad_argument for another name.
  template <class F>
  const nsp& on(std::string_view event, F&& handler) const {
    check_lifecycle_event(event);
    return on_connection(std::forward<F>(handler));
  }
  /// Told of everything that goes wrong on sockets of this namespace, after the socket's own on_error.
  const nsp& on_error(std::function<void(socket, const socket_error&)> handler) const;

  template <class... R>
  [[nodiscard]] broadcast_operator to(const R&... rooms) const { return everybody().to(rooms...); }
  template <class... R>
  [[nodiscard]] broadcast_operator in(const R&... rooms) const { return everybody().to(rooms...); }
  template <class... R>
  [[nodiscard]] broadcast_operator except(const R&... rooms) const { return everybody().except(rooms...); }
  [[nodiscard]] broadcast_operator local() const { return everybody().local(); }
  [[nodiscard]] broadcast_operator volatile_() const { return everybody().volatile_(); }
  [[nodiscard]] broadcast_operator compress(bool on = true) const { return everybody().compress(on); }
  [[nodiscard]] broadcast_operator binary(bool on = true) const { return everybody().binary(on); }
  [[nodiscard]] broadcast_operator timeout(std::chrono::milliseconds after) const { return everybody().timeout(after); }

  template <class... Args>
  task<report> emit(std::string_view event, const Args&... args) const { return everybody().emit(event, args...); }
  template <class... Args>
  task<report> send(const Args&... args) const { return emit("message", args...); }

  /// Ids of all sockets, on all servers.
  task<std::vector<std::string>> clients() const { return everybody().clients(); }
  task<std::vector<remote_socket>> fetch_sockets() const { return everybody().fetch_sockets(); }
  template <class... R>
  task<> sockets_join(const R&... rooms) const { return everybody().sockets_join(rooms...); }
  template <class... R>
  task<> sockets_leave(const R&... rooms) const { return everybody().sockets_leave(rooms...); }
  task<> disconnect_sockets(bool close = false) const { return everybody().disconnect_sockets(close); }

  /// See broadcast_operator.
  template <class... Args>
  task<> server_side_emit(std::string_view event, const Args&... args) const { return everybody().server_side_emit(event, args...); }
  template <class... Args>
  task<answers> server_side_emit_with_ack(std::string_view event, const Args&... args) const {
    return everybody().server_side_emit_with_ack(event, args...);
  }
  /// Called for an event that another server sent with server_side_emit(). The handler is one as socket::on() takes; what it returns is the
  /// answer to a server that waits for one. On the server's executor, not on a client's strand.
  template <class F>
  listener_handle on_server_side(std::string_view event, F&& handler) const {
    return add_server_side(event, detail::make_listener(std::forward<F>(handler)));
  }
  /// Told when a room of this server gets its first member, a member, loses one, and its last one: in this order, before the operation
  /// completes. A socket's own room is one too: it is joined before the client is told that it has joined the namespace.
  const nsp& on_room_event(std::function<void(const room_event&)> handler) const;

  /// Names of all rooms that have members, on all servers; the id of a socket names one too.
  task<std::vector<std::string>> all_rooms() const;
  /// How many servers serve this namespace, this one included.
  task<std::size_t> server_count() const;

  /// This server's sockets by id.
  std::map<std::string, socket> connected() const;
  std::map<std::string, socket> sockets() const { return connected(); }

  explicit operator bool() const noexcept { return core_ != nullptr; }
  const std::shared_ptr<socketio::nsp_core>& internals() const noexcept { return core_; }

 private:
  broadcast_operator everybody() const { return broadcast_operator(core_, target()); }
  const nsp& add_connection_handler(detail::connection_handler handler) const;
  listener_handle add_server_side(std::string_view event, std::shared_ptr<detail::listener_base> listener) const;
  static void check_lifecycle_event(std::string_view event);

  std::shared_ptr<socketio::nsp_core> core_;
};

/// The namespaces made by one pattern or predicate. What is registered here is copied into every namespace made later.
class parent_nsp {
 public:
  explicit parent_nsp(std::shared_ptr<socketio::parent_core> core) noexcept : core_(std::move(core)) {}

  const parent_nsp& use(detail::nsp_middleware middleware) const;
  template <class F>
  const parent_nsp& on_connection(F&& handler) const { return add_connection_handler(detail::make_connection_handler(std::forward<F>(handler))); }
  template <class F>
  const parent_nsp& on(std::string_view, F&& handler) const { return on_connection(std::forward<F>(handler)); }

  /// Emits to everybody in all of its namespaces.
  template <class... Args>
  task<report> emit(std::string_view event, const Args&... args) const {
    return emit_data(core_, target(), std::string(event), detail::encode_event(event, args...));
  }
  /// The namespaces made so far.
  std::vector<nsp> children() const;

 private:
  const parent_nsp& add_connection_handler(detail::connection_handler handler) const;
  static task<report> emit_data(std::shared_ptr<socketio::parent_core> core, target to, std::string event, event_data data);

  std::shared_ptr<socketio::parent_core> core_;
};

}  // namespace cosio
