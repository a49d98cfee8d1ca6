// Namespaces: middleware, connection handlers and broadcasts. server::of() gives one.
//
//   const cosio::nsp news = io.of("/news");
//   news.use([](cosio::socket& reader, cosio::next go) -> cosio::task<> { co_await go(); });
//   news.on_connection([](cosio::socket reader) -> cosio::task<> { co_await reader.join("readers"); });
//   co_await news.to("readers").emit("headline", "it rains");

#pragma once
#include <cosio/broadcast_operator.hpp>
#include <cosio/completion.hpp>
#include <cosio/fwd.hpp>
#include <cosio/hook.hpp>
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

namespace cosio::inline v0_2 {

class adapter;

namespace socketio {
class parent_core;
}

namespace detail {

using connection_handler = std::function<task<>(socket)>;
using nsp_middleware = middleware<socket&>::function;

// Whether a callable can be given to on() of a namespace. Does not compile when it cannot.
template <class F>
consteval bool check_namespace_handler() {
  constexpr bool fits = std::is_invocable_v<F&, socket> || takes_typed_socket<F>;  // on_connection() refuses the latter
  static_assert(
      fits,
      "cosio: a handler of on() of a namespace takes cosio::socket by value (\"connection\"); the events of a "
      "client belong to its socket: user.on(…) in a connection handler");
  return fits;
}

/// Runs the coroutine of a handler, and cancels it when `who` leaves. See stops_with_client.
task<> stop_with_client(socket who, task<> work);

/// The same for a connection handler.
connection_handler stopping_handler(connection_handler handler);

}  // namespace detail

/// A pattern for names of namespaces that are made on demand: `/dynamic-{digits}`.
///
/// Text matches literally. `{digits}` is one or more of 0-9, `{word}` one or more of A-Z a-z 0-9 _ and -, `{any}` one
/// or more of any character. The whole name must match. A pattern takes the place of a regular expression: matching
/// takes time linear in the name, whatever a client sends.
/// @par Threads  Immutable: any.
class pattern {
 public:
  /// @throws error errc::bad_argument for a pattern with an unknown or unclosed brace.
  explicit pattern(std::string_view text);

  /// Whether the whole name matches.
  bool matches(std::string_view name) const;

 private:
  enum class kind { literal, digits, word, any };
  struct piece {
    kind what;
    std::string text;
  };
  std::vector<piece> pieces_;
};

/// The result of registering a handler or middleware on a namespace: the namespace, so that calls can be chained, with
/// the handle that removes what was registered: `io.of("/news").use(only_readers).handle().remove()`.
/// @par Threads  Any.
template <class Nsp>
class registered : public Nsp {
 public:
  registered(const Nsp& on, listener_handle what) : Nsp(on), handle_(std::move(what)) {}

  /// Removes the registration: clients that join later do not meet it. A namespace that a parent_nsp has made already
  /// keeps its copy.
  const listener_handle& handle() const noexcept { return handle_; }

 private:
  listener_handle handle_;
};

/// A namespace of a server: clients join it, handlers and rooms belong to it.
///
/// A handle: copies name the same namespace. Functions that register return it as registered<nsp>, so that calls can be
/// chained, and what was registered can be removed.
/// @par Threads  Any. Handlers and middleware that are registered later are seen by clients that join later.
class nsp : public narrows<nsp>, public emits<nsp>, public manages<nsp> {
 public:
  explicit nsp(std::shared_ptr<socketio::nsp_core> core) noexcept : core_(std::move(core)) {}

  /// The name with its leading slash: "/news".
  const std::string& name() const noexcept;

  /// Adds middleware, which runs for every client that wants to join, in the order of registration.
  ///
  /// @param middleware  Takes `(cosio::socket& s, cosio::next go)`, or the socket by value, and returns task<>. The
  ///                    client is in when `co_await go()` has returned. When the client has left meanwhile, go()
  ///                    returns without letting it in. Or it takes the socket alone, returns nothing or task<>, and
  ///                    lets the client in when it returns. An exception refuses with a `connect_error`; see
  ///                    middleware.hpp.
  /// @par Strand  The client's.
  registered<nsp> use(detail::middleware<socket&> middleware) const;

  /// Adds a handler for every socket that has joined: `[](cosio::socket s) -> cosio::task<>` or `-> void`.
  ///
  /// Listeners that it registers before its first suspension miss no event. It lives as long as any of its coroutines.
  /// Its exception goes to on_error and to the log; the socket stays.
  /// @par Strand  The client's.
  template <class F>
  registered<nsp> on_connection(F&& handler) const {
    return add_connection_handler(detail::make_handler<socket>(std::forward<F>(handler)));
  }
  /// The same, and the handler's coroutine is cancelled when its socket leaves: see stops_with_client.
  template <class F>
  registered<nsp> on_connection(F&& handler, stops_with_client_t) const {
    return add_connection_handler(detail::stopping_handler(detail::make_handler<socket>(std::forward<F>(handler))));
  }
  /// The same as on_connection(), for the names "connection" and "connect".
  /// @throws error errc::bad_argument for another name: events of clients are listened to on their sockets.
  template <class F>
  registered<nsp> on(std::string_view event, F&& handler) const {
    if constexpr (detail::check_namespace_handler<std::decay_t<F>>()) {
      check_lifecycle_event(event);
      return on_connection(std::forward<F>(handler));
    } else {
      return {*this, {}};
    }
  }
  /// The same, and the handler's coroutine is cancelled when its socket leaves.
  template <class F>
  registered<nsp> on(std::string_view event, F&& handler, stops_with_client_t how) const {
    if constexpr (detail::check_namespace_handler<std::decay_t<F>>()) {
      check_lifecycle_event(event);
      return on_connection(std::forward<F>(handler), how);
    } else {
      return {*this, {}};
    }
  }
  /// Adds a handler that is told of every failure on sockets of this namespace, after the handlers of the socket's own
  /// on_error(): `handler(cosio::socket who, const cosio::socket_error& what)`, a plain function or a coroutine. Its
  /// exception is logged.
  /// @par Strand  The client's.
  registered<nsp> on_error(hook<socket, const socket_error&> handler) const;

  /// Sets whether the events of one socket are handled one at a time: the next event waits until all handlers of the
  /// event before have ended. Default: options.handlers. It counts from the next event on.
  ///
  /// Other sockets are not held up. Acknowledgements are no events, so a handler may await its client's answer. Events
  /// that a handler awaits with once() do not wait either: they pass, and their handlers belong to the turn of that
  /// handler. Events that still wait when the socket leaves are not handled.
  const nsp& sequential(bool on = true) const;

  /// Adds a handler for an event that another server sends with server_side_emit().
  ///
  /// @param handler  As for socket::on(). Its result is the answer to a server that waits for one. When the arguments
  ///                 do not fit, or it throws, the log is told, and the other server gets no answer.
  /// @throws error errc::bad_argument for `connect`, `connection` and `new_namespace`.
  /// @par Strand  None: the server's executor, several at once.
  template <class F>
  listener_handle on_server_side(std::string_view event, F&& handler) const {
    return add_server_side(event, detail::make_listener(std::forward<F>(handler)));
  }
  /// Adds a handler for changes of rooms on this server: a room gets its first member, gets a member, loses one, loses
  /// its last one. The room of a socket's id counts, too: it is joined before the client is told that it has joined.
  ///
  /// The handler is called in the order of the changes, and before the operation that caused them completes. But while
  /// it is called on one thread, changes of other threads wait to be told there, and their operations complete. It may
  /// do anything, since no lock is held; changes that it makes itself are told when it has returned. The log is told of
  /// its exception.
  ///
  /// It is a plain function or a coroutine. A coroutine is started on the server's executor: at once when the change
  /// was made there, else soon. So the changes that two threads tell coroutines of may come in another order. While
  /// 10,000 coroutines run in a namespace, no other one is started: the log has a line at level warn for the change
  /// that is not told. Who must hear of all takes a plain function.
  /// @par Threads  Any thread, one call at a time for a namespace. Coroutines: the server's executor, several at once.
  registered<nsp> on_room_event(hook<const room_event&> handler) const;

  /// The names of all rooms that have members, on all servers. The id of a socket is the name of a room, too.
  /// @throws incomplete<std::vector<std::string>> when another server did not answer in time.
  task<std::vector<std::string>> all_rooms() const;
  /// The number of servers with this namespace, this one included.
  /// @throws error errc::disconnected when the adapter cannot reach the others.
  task<std::size_t> server_count() const;

  /// The rooms of a socket of this server, the room of its id among them, in no order. Empty for an id that is not
  /// known. No other server is asked: fetch_sockets() knows the rooms of all sockets.
  std::vector<std::string> rooms_of(std::string_view id) const;
  /// The ids of the sockets of this server that have joined and are in a room, in no order. Empty when there are none.
  std::vector<std::string> sockets_in(std::string_view room) const;

  /// The sockets of this server that have joined, by id: a copy of the table at this moment.
  task<std::map<std::string, socket>> connected() const;
  /// The same.
  task<std::map<std::string, socket>> sockets() const;

  // The same for callers that are no coroutines: see completion.hpp. manages has more of them.

  /// As all_rooms(). @param token  For `void(std::exception_ptr, std::vector<std::string>)`.
  template <class Token>
  auto async_all_rooms(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), all_rooms());
  }
  /// As server_count(). @param token  For `void(std::exception_ptr, std::size_t)`.
  template <class Token>
  auto async_server_count(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), server_count());
  }
  /// As connected(). @param token  For `void(std::exception_ptr, std::map<std::string, cosio::socket>)`.
  template <class Token>
  auto async_connected(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), connected());
  }

  /// The adapter of this namespace, which knows its rooms: see <cosio/adapter.hpp>. Null when the namespace has none.
  std::shared_ptr<cosio::adapter> adapter() const;

  explicit operator bool() const noexcept { return core_ != nullptr; }
  /// For the library.
  const std::shared_ptr<socketio::nsp_core>& internals() const noexcept { return core_; }

 protected:
  static void check_lifecycle_event(std::string_view event);
  friend class narrows<nsp>;
  friend class emits<nsp>;
  friend class manages<nsp>;
  detail::starting_place starts_at() const { return broadcast_operator::starts_in(core_); }
  broadcast_operator operator_for_rooms() const;
  broadcast_operator operator_for_flags() const { return operator_for_rooms(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  friend class server;
  registered<nsp> add_connection_handler(detail::connection_handler handler) const;
  listener_handle add_server_side(std::string_view event, detail::listener_ptr listener) const;
  friend class parent_nsp;
  static task<std::map<std::string, socket>> connected_of(std::shared_ptr<socketio::nsp_core> core);

  std::shared_ptr<socketio::nsp_core> core_;
};

/// The receivers of a broadcast to all namespaces of one parent: parent_nsp::to(), except() and the like return one.
///
/// Every modifier returns a new operator, and leaves the old one as it is. emit() sends in every namespace that exists
/// at that moment, one after the other, and returns the sum of their reports.
/// @par Threads  Any.
class parent_operator : public narrows<parent_operator>, public emits<parent_operator> {
 public:
  parent_operator(std::shared_ptr<socketio::parent_core> core, target to)
      : core_(std::move(core)), target_(std::move(to)) {}

  /// Always throws: a parent has no sockets of its own. Ask its children().
  /// @throws error errc::not_supported.
  task<std::vector<remote_socket>> fetch_sockets() const;

 private:
  template <class>
  friend class narrows;
  friend class emits<parent_operator>;
  friend class parent_nsp;
  detail::starting_place starts_at() const { return starts_in(core_); }
  parent_operator operator_for_rooms() const { return *this; }
  parent_operator operator_for_flags() const { return *this; }
  // In every namespace that exists; the report is their sum.
  task<report> emit_encoded(std::string_view event, event_data data) const;
  target& receivers() noexcept { return target_; }
  emit_flags& flags() noexcept { return target_.flags; }
  static detail::starting_place starts_in(const std::shared_ptr<socketio::parent_core>& core);
  static task<report> emit_data(std::shared_ptr<socketio::parent_core> core, target to, std::string event,
                                event_data data);

  std::shared_ptr<socketio::parent_core> core_;
  target target_;
};

/// The namespaces that one pattern or predicate makes on demand: server::of(pattern) and of(predicate) return it.
///
/// Middleware and handlers that are registered here are copied into every namespace that is made later; those that
/// exist do not get them. Events that are emitted here go to all namespaces that exist.
/// @par Threads  Any.
class parent_nsp : public narrows<parent_nsp>, public emits<parent_nsp> {
 public:
  explicit parent_nsp(std::shared_ptr<socketio::parent_core> core) noexcept : core_(std::move(core)) {}

  /// As nsp::use, for every namespace that is made later. So are the next functions.
  registered<parent_nsp> use(detail::middleware<socket&> middleware) const;
  /// As nsp::on_connection.
  template <class F>
  registered<parent_nsp> on_connection(F&& handler) const {
    return add_connection_handler(detail::make_handler<socket>(std::forward<F>(handler)));
  }
  /// The same, and the handler's coroutine is cancelled when its socket leaves.
  template <class F>
  registered<parent_nsp> on_connection(F&& handler, stops_with_client_t) const {
    return add_connection_handler(detail::stopping_handler(detail::make_handler<socket>(std::forward<F>(handler))));
  }
  /// The same as on_connection(), for the names "connection" and "connect".
  /// @throws error errc::bad_argument for another name.
  template <class F>
  registered<parent_nsp> on(std::string_view event, F&& handler) const {
    if constexpr (detail::check_namespace_handler<std::decay_t<F>>()) {
      nsp::check_lifecycle_event(event);
      return on_connection(std::forward<F>(handler));
    } else {
      return {*this, {}};
    }
  }
  /// As nsp::on_error.
  registered<parent_nsp> on_error(hook<socket, const socket_error&> handler) const;
  /// As nsp::sequential.
  const parent_nsp& sequential(bool on = true) const;

  /// Always throws: a parent has no sockets of its own. Ask its children().
  /// @throws error errc::not_supported.
  task<std::vector<remote_socket>> fetch_sockets() const;
  /// The namespaces that it has made and that exist.
  std::vector<nsp> children() const;

 private:
  friend class narrows<parent_nsp>;
  friend class emits<parent_nsp>;
  detail::starting_place starts_at() const { return parent_operator::starts_in(core_); }
  parent_operator operator_for_rooms() const { return parent_operator(core_, target()); }
  parent_operator operator_for_flags() const { return operator_for_rooms(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;
  registered<parent_nsp> add_connection_handler(detail::connection_handler handler) const;

  std::shared_ptr<socketio::parent_core> core_;
};

}  // namespace cosio::inline v0_2
