// A namespace: middleware, connections, broadcasts.

#pragma once
#include <cosio/broadcast_operator.hpp>
#include <cosio/fwd.hpp>
#include <cosio/listener.hpp>
#include <cosio/middleware.hpp>
#include <cosio/report.hpp>
#include <cosio/socket.hpp>

#include <chrono>
#include <cstddef>
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

/// Runs the coroutine of a handler; when `who` leaves, it is cancelled. See stops_with_client.
task<> stop_with_client(socket who, task<> work);

/// The same for a connection handler.
connection_handler stopping_handler(connection_handler handler);

}  // namespace detail

/// A pattern for namespace names: text that must match literally, with `{digits}` (one or more of 0-9), `{word}` (one or more of
/// A-Z a-z 0-9 _ -) and `{any}` (one or more of any character) in it: `/dynamic-{digits}`.
///
/// It takes the place of a regular expression: matching takes time linear in the name, whatever a client sends.
class pattern {
 public:
  /// @throws error errc::bad_argument for a pattern with an unknown or unclosed brace.
  explicit pattern(std::string_view text);

  bool matches(std::string_view name) const;

 private:
  enum class kind { literal, digits, word, any };
  struct piece {
    kind what;
    std::string text;
  };
  std::vector<piece> pieces_;
};

/// A namespace of a server. A handle: copies name the same namespace.
///
/// @par Threads  Any; handlers and middleware registered later are seen by clients that connect later.
class nsp : public narrows<nsp>, public emits<nsp>, public manages<nsp> {
 public:
  explicit nsp(std::shared_ptr<socketio::nsp_core> core) noexcept : core_(std::move(core)) {}

  const std::string& name() const noexcept;  ///< "/news"

  /// Runs for every client that joins, in the order of registration, before it is in; see middleware.hpp. On the client's strand.
  /// Takes `(cosio::socket& s, cosio::next go)`, or the socket by value, and returns task<>.
  const nsp& use(detail::nsp_middleware middleware) const;

  /// Called for every socket that has joined: `[](cosio::socket s) -> cosio::task<>` or `-> void`. On the client's strand; what it registers before
  /// its first suspension misses no event. Lives as long as any of its coroutines.
  template <class F>
  const nsp& on_connection(F&& handler) const {
    return add_connection_handler(detail::make_handler<socket>(std::forward<F>(handler)));
  }
  /// The same, and the handler's coroutine is cancelled when its socket leaves.
  template <class F>
  const nsp& on_connection(F&& handler, stops_with_client_t) const {
    return add_connection_handler(detail::stopping_handler(detail::make_handler<socket>(std::forward<F>(handler))));
  }
  /// on("connection", …) and on("connect", …) are the same. @throws error errc::bad_argument for another name.
  template <class F>
  const nsp& on(std::string_view event, F&& handler) const {
    check_lifecycle_event(event);
    return on_connection(std::forward<F>(handler));
  }
  template <class F>
  const nsp& on(std::string_view event, F&& handler, stops_with_client_t how) const {
    check_lifecycle_event(event);
    return on_connection(std::forward<F>(handler), how);
  }
  /// Told of everything that goes wrong on sockets of this namespace, after the socket's own on_error.
  const nsp& on_error(std::function<void(socket, const socket_error&)> handler) const;

  /// Whether the events of one socket are handled one at a time: the next waits until the handlers of the one before have ended. Acknowledgements
  /// are not events, so a handler may await its client's answer; other sockets are not held up. Events that still wait when the socket leaves are
  /// not handled. The default is options.handlers. Counts from the next event.
  const nsp& sequential(bool on = true) const;

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
  task<std::map<std::string, socket>> connected() const { return connected_of(core_); }
  task<std::map<std::string, socket>> sockets() const { return connected_of(core_); }  ///< the same

  explicit operator bool() const noexcept { return core_ != nullptr; }
  const std::shared_ptr<socketio::nsp_core>& internals() const noexcept { return core_; }

 protected:
  static void check_lifecycle_event(std::string_view event);
  friend class narrows<nsp>;
  friend class emits<nsp>;
  friend class manages<nsp>;
  broadcast_operator operator_for_rooms() const { return broadcast_operator(core_, target()); }
  broadcast_operator operator_for_flags() const { return operator_for_rooms(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  friend class server;
  const nsp& add_connection_handler(detail::connection_handler handler) const;
  listener_handle add_server_side(std::string_view event, detail::listener_ptr listener) const;
  friend class parent_nsp;
  static task<std::map<std::string, socket>> connected_of(std::shared_ptr<socketio::nsp_core> core);

  std::shared_ptr<socketio::nsp_core> core_;
};

/// The receivers of a broadcast to all namespaces of one parent. Every modifier returns a new operator.
class parent_operator : public narrows<parent_operator>, public emits<parent_operator> {
 public:
  parent_operator(std::shared_ptr<socketio::parent_core> core, target to)
      : core_(std::move(core)), target_(std::move(to)) {}

  /// Nobody's sockets: a parent has none. @throws error errc::not_supported; ask children().
  task<std::vector<remote_socket>> fetch_sockets() const;

 private:
  template <class>
  friend class narrows;
  friend class emits<parent_operator>;
  friend class parent_nsp;
  parent_operator operator_for_rooms() const { return *this; }
  parent_operator operator_for_flags() const { return *this; }
  /// In every namespace that there is now; the report counts all.
  task<report> emit_encoded(std::string_view event, event_data data) const;
  target& receivers() noexcept { return target_; }
  emit_flags& flags() noexcept { return target_.flags; }
  static task<report> emit_data(std::shared_ptr<socketio::parent_core> core, target to, std::string event,
                                event_data data);

  std::shared_ptr<socketio::parent_core> core_;
  target target_;
};

/// The namespaces made by one pattern or predicate. What is registered here is copied into every namespace made later; what is emitted here goes
/// to all that there are.
///
/// @par Threads  Any.
class parent_nsp : public narrows<parent_nsp>, public emits<parent_nsp> {
 public:
  explicit parent_nsp(std::shared_ptr<socketio::parent_core> core) noexcept : core_(std::move(core)) {}

  /// As nsp::use, nsp::on_connection, nsp::on_error and nsp::sequential.
  const parent_nsp& use(detail::nsp_middleware middleware) const;
  template <class F>
  const parent_nsp& on_connection(F&& handler) const {
    return add_connection_handler(detail::make_handler<socket>(std::forward<F>(handler)));
  }
  template <class F>
  const parent_nsp& on_connection(F&& handler, stops_with_client_t) const {
    return add_connection_handler(detail::stopping_handler(detail::make_handler<socket>(std::forward<F>(handler))));
  }
  /// on("connection", …) and on("connect", …) are the same. @throws error errc::bad_argument for another name.
  template <class F>
  const parent_nsp& on(std::string_view event, F&& handler) const {
    nsp::check_lifecycle_event(event);
    return on_connection(std::forward<F>(handler));
  }
  const parent_nsp& on_error(std::function<void(socket, const socket_error&)> handler) const;
  const parent_nsp& sequential(bool on = true) const;

  /// A parent has no sockets of its own. @throws error errc::not_supported; ask children().
  task<std::vector<remote_socket>> fetch_sockets() const { return operator_for_rooms().fetch_sockets(); }
  /// The namespaces made so far.
  std::vector<nsp> children() const;

 private:
  friend class narrows<parent_nsp>;
  friend class emits<parent_nsp>;
  parent_operator operator_for_rooms() const { return parent_operator(core_, target()); }
  parent_operator operator_for_flags() const { return operator_for_rooms(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;
  const parent_nsp& add_connection_handler(detail::connection_handler handler) const;

  std::shared_ptr<socketio::parent_core> core_;
};

}  // namespace cosio
