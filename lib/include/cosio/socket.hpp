// One client in one namespace: what handlers work with.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/ack.hpp>
#include <cosio/arguments.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>
#include <cosio/fwd.hpp>
#include <cosio/handshake.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>
#include <cosio/listener.hpp>
#include <cosio/middleware.hpp>
#include <cosio/reason.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio {

namespace socketio {
class client_core;
class socket_core;
}  // namespace socketio

/// One event of a client before its listeners. Middleware may change name and arguments: the listeners see the change.
///
/// @par Threads  The client's strand, as long as the middleware runs.
class packet {
 public:
  packet(std::string event, arguments args, ack answer)
      : event_(std::move(event)), args_(std::move(args)), answer_(std::move(answer)) {}

  const std::string& event() const noexcept { return event_; }
  void event(std::string name) { event_ = std::move(name); }

  const arguments& args() const noexcept { return args_; }
  arguments& args() noexcept { return args_; }

  /// The acknowledgement, when the client asked for one.
  const ack& answer() const noexcept { return answer_; }

 private:
  std::string event_;
  arguments args_;
  ack answer_;
};

/// Something that went wrong on one socket: a handler threw, a packet middleware refused, arguments did not fit.
class socket_error {
 public:
  socket_error(std::string event, std::string message, boost::json::value data, std::exception_ptr cause)
      : event_(std::move(event)), message_(std::move(message)), data_(std::move(data)), cause_(std::move(cause)) {}

  const std::string& event() const noexcept { return event_; }       ///< whose handling failed; empty when it was none
  const std::string& message() const noexcept { return message_; }   ///< for people
  const boost::json::value& data() const noexcept { return data_; }  ///< of a refusal
  const std::exception_ptr& cause() const noexcept { return cause_; }  ///< null when nothing was thrown

 private:
  std::string event_;
  std::string message_;
  boost::json::value data_;
  std::exception_ptr cause_;
};

namespace detail {

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

/// Turns the arguments of an answer into what emit_with_ack<R…> returns: `arguments`, one R, or a tuple.
template <class... R>
struct answer_of {
  using type = std::tuple<R...>;
};
template <>
struct answer_of<> {
  using type = arguments;
};
template <class R>
struct answer_of<R> {
  using type = R;
};

template <class... R, std::size_t... I>
std::tuple<R...> answer_tuple(const arguments& got, origin from, std::string_view event, std::index_sequence<I...>) {
  return std::tuple<R...>(take<R>(got, I, from, event)...);
}

template <class... R>
task<typename answer_of<R...>::type> convert_answer(task<arguments> waiting, origin from, std::string event) {
  auto got = co_await std::move(waiting);
  if constexpr (sizeof...(R) == 0) {
    co_return got;
  } else if constexpr (sizeof...(R) == 1) {
    co_return take<R...>(got, 0, from, event);
  } else {
    co_return answer_tuple<R...>(got, from, event, std::index_sequence_for<R...>());
  }
}

}  // namespace detail

/// Emits to one socket with flags. Every modifier returns a new operator; one may be kept and used again.
///
/// @par Threads  Any.
class socket_operator : public narrows<socket_operator>, public emits<socket_operator> {
 public:
  socket_operator(std::shared_ptr<socketio::socket_core> to, emit_flags flags) : to_(std::move(to)), flags_(flags) {}

  /// Everybody in the namespace but this socket, with these flags.
  [[nodiscard]] broadcast_operator broadcast() const;

  /// As socket::once, within timeout().
  template <class... T>
  task<typename detail::answer_of<T...>::type> once(std::string_view event) const {
    return detail::convert_answer<T...>(wait_for(to_, std::string(event), flags_.timeout), detail::origin::event,
                                        std::string(event));
  }

  /// As socket::emit_with_ack.
  template <class... R, class... Args>
  task<typename detail::answer_of<R...>::type> emit_with_ack(std::string_view event, const Args&... args) const {
    return detail::convert_answer<R...>(ask_data(to_, flags_, std::string(event), detail::encode_event(event, args...)),
                                        detail::origin::answer, std::string(event));
  }

 protected:
  template <class>
  friend class narrows;
  friend class emits<socket_operator>;
  broadcast_operator operator_for_rooms() const { return broadcast(); }
  socket_operator operator_for_flags() const { return *this; }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  friend class socket;
  emit_flags& flags() noexcept { return flags_; }
  using core_ptr = std::shared_ptr<socketio::socket_core>;
  static task<report> emit_data(core_ptr to, emit_flags flags, std::string event, event_data data);
  static task<arguments> ask_data(core_ptr to, emit_flags flags, std::string event, event_data data);
  static task<arguments> wait_for(core_ptr self, std::string event, std::optional<std::chrono::milliseconds> within);

  core_ptr to_;
  emit_flags flags_;
};

/// One client in one namespace. A handle: cheap to copy and to capture; copies name the same socket.
///
/// A listener that captures the socket keeps no cycle: listeners are let go when the socket disconnects. A handle may outlive its server: it
/// is then a socket that has left. Only an io_context that the application brought must outlive the handles of what runs on it.
/// @par Threads  Any, unless said otherwise. Handlers run on the client's strand, one at a time between suspensions.
class socket : public narrows<socket>, public emits<socket> {
 public:
  socket() = default;
  explicit socket(std::shared_ptr<socketio::socket_core> core) noexcept : core_(std::move(core)) {}

  /// Not the session's id, which is a credential; protocol 4 on "/" has no other and shares it.
  const std::string& id() const noexcept;
  class nsp nsp() const;        ///< its namespace
  class client client() const;  ///< the connection, which sockets of other namespaces share
  /// The session behind: its id, transport, protocol. Same as client().conn().
  class engine_session conn() const;
  /// What the client said when it came. Good for as long as any handle of the socket.
  const class handshake& handshake() const noexcept;
  const http::request& request() const noexcept;  ///< the session's first
  /// The client's address, without port; see handshake::address().
  std::string_view remote_address() const noexcept;
  unsigned protocol() const noexcept;  ///< Socket.IO protocol: 5, or 4 for clients of generation 2

  /// Whether it is in its namespace: false while middleware runs, and after the end.
  bool connected() const noexcept;
  /// Whether this is a socket that was away: its id, rooms and data are those of before, and what it missed was sent. See
  /// options::connection_state_recovery.
  bool recovered() const noexcept;
  /// The rooms that it is in, its own (the id) among them. Empty after the end.
  std::vector<std::string> rooms() const;

  /// Data of the application's, kept with the socket and visible to fetch_sockets(). `{}` until it is set. Copied each way: change a copy and
  /// set it again.
  boost::json::value data() const;
  void data(boost::json::value value) const;
  /// The data as a T: `const profile who = user.data<profile>()`. @throws error errc::conversion when it does not fit.
  template <class T>
  T data() const {
    return detail::from_json<T>(data(), "the data of the socket");
  }
  /// Anything that an event could carry, but binary: a described struct, a map. @throws error errc::bad_argument for binary.
  template <class T>
    requires(!std::is_convertible_v<const T&, boost::json::value>)
  void data(const T& value) const {
    data(detail::to_json(value));
  }

  // ---------------------------------------------------------------- listening

  /// Calls `handler` for every event of this name. Its parameters are read from the event's arguments (see convert.hpp); the last may be a
  /// cosio::ack, and a cosio::arguments takes all that are left. It returns task<>, or task<T> or T, which then acknowledges; a std::tuple
  /// acknowledges with several arguments. Lambdas, functions, std::function and cosio::method(…) will do.
  ///
  /// Handlers of one client start in the order of its packets; when one suspends, the next starts (but see nsp::sequential). What a handler throws
  /// goes to on_error and the log. The callable lives until it is removed, the socket is gone and its last coroutine has ended.
  ///
  /// "disconnect" and "disconnecting" are no events of clients: with a handler of one cosio::reason they mean on_disconnect and on_disconnecting.
  /// @throws error errc::bad_argument for another reserved name: no client could send it. A client's "error" is an event like any other.
  template <class F>
  listener_handle on(std::string_view event, F&& handler) const {
    if constexpr (detail::takes_only<std::decay_t<F>, reason>) {
      return add_lifecycle(event, detail::make_handler<reason>(std::forward<F>(handler)));
    } else {
      return add(event, detail::make_listener(std::forward<F>(handler)), false, false);
    }
  }
  /// The same, and the handler's coroutine is cancelled when the socket leaves.
  template <class F>
  listener_handle on(std::string_view event, F&& handler, stops_with_client_t) const {
    return add(event, stopping(detail::make_listener(std::forward<F>(handler))), false, false);
  }
  /// Called for the next event of this name only.
  template <class F>
    requires(!detail::is_duration<std::decay_t<F>>)
  listener_handle once(std::string_view event, F&& handler) const {
    return add(event, detail::make_listener(std::forward<F>(handler)), true, false);
  }
  template <class F>
  listener_handle once(std::string_view event, F&& handler, stops_with_client_t) const {
    return add(event, stopping(detail::make_listener(std::forward<F>(handler))), true, false);
  }
  /// Before the listeners that there are.
  template <class F>
  listener_handle prepend_listener(std::string_view event, F&& handler) const {
    return add(event, detail::make_listener(std::forward<F>(handler)), false, true);
  }
  template <class F>
  listener_handle prepend_once_listener(std::string_view event, F&& handler) const {
    return add(event, detail::make_listener(std::forward<F>(handler)), true, true);
  }

  /// Waits for the next event of this name: `auto name = co_await user.once<std::string>("login")`.
  /// @throws error errc::disconnected when the socket leaves first, errc::conversion when the arguments do not fit.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  template <class... T>
  task<typename detail::answer_of<T...>::type> once(std::string_view event) const {
    return with_flags().once<T...>(event);
  }
  /// The same, but not for longer than `within`. @throws error errc::timed_out as well.
  template <class... T>
  task<typename detail::answer_of<T...>::type> once(std::string_view event, std::chrono::milliseconds within) const {
    return with_flags().timeout(within).once<T...>(event);
  }

  /// Removes one listener: the same as handle.remove(). A handler of it that runs finishes.
  void remove_listener(const listener_handle& handle) const { handle.remove(); }
  void remove_all_listeners(std::string_view event) const;  ///< of one event
  void remove_all_listeners() const;  ///< of all events; not middleware, catch-alls, on_disconnect and on_error
  void off(const listener_handle& handle) const { handle.remove(); }       ///< remove_listener()
  void off(std::string_view event) const { remove_all_listeners(event); }  ///< remove_all_listeners()
  void off() const { remove_all_listeners(); }                             ///< remove_all_listeners()
  std::vector<std::string> event_names() const;                            ///< that have listeners
  std::size_t listener_count(std::string_view event) const;
  /// What listens to an event, in the order of calling; equal to what on() and its like returned.
  std::vector<listener_handle> listeners(std::string_view event) const;

  /// Called for every incoming event, before its middleware and listeners: `handler(std::string event, cosio::arguments args)`, with a cosio::ack as
  /// third parameter if it wants to answer; returns task<> or nothing.
  template <class F>
  listener_handle on_any(F&& handler) const {
    return add_any(make_any(std::forward<F>(handler)), false);
  }
  /// Before the others.
  template <class F>
  listener_handle prepend_any(F&& handler) const {
    return add_any(make_any(std::forward<F>(handler)), true);
  }
  void off_any(const listener_handle& handle) const { handle.remove(); }
  void off_any() const;  ///< all of them
  std::vector<listener_handle> listeners_any() const;

  /// Told of every event that goes to this client, by emit or by a broadcast that reaches it, once each, in order: `handler(std::string event,
  /// cosio::arguments args)`, binary as it was given; returns task<> or nothing. Also of a volatile event that is then dropped; not of
  /// acknowledgements and the library's own packets. Runs on the client's strand, soon after the event was queued. Costs nothing while nobody uses it.
  template <class F>
  listener_handle on_any_outgoing(F&& handler) const {
    return add_any_outgoing(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), false);
  }
  template <class F>
  listener_handle prepend_any_outgoing(F&& handler) const {
    return add_any_outgoing(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), true);
  }
  void off_any_outgoing(const listener_handle& handle) const { handle.remove(); }
  void off_any_outgoing() const;  ///< all of them
  std::vector<listener_handle> listeners_any_outgoing() const;

  /// Packet middleware: `[](cosio::packet& p, cosio::next go) -> cosio::task<> { …; co_await go(); }`. Runs for every incoming event, in the order of
  /// registration, and may change it. What it throws keeps the event from its listeners and goes to on_error; a client of protocol 4 gets an ERROR
  /// packet, and a client that asked for an acknowledgement gets `{"message":…,"data":…}` as its answer (options.answer_refused_events).
  listener_handle use(std::function<task<>(packet&, next)> middleware) const;

  /// Called once when the socket has left: `handler(cosio::reason why)`, returns task<> or nothing. Handlers start in the order of registration.
  template <class F>
  listener_handle on_disconnect(F&& handler) const {
    return add_lifecycle("disconnect", detail::make_handler<reason>(std::forward<F>(handler)));
  }
  /// The same, but rooms are still there and emit still works.
  template <class F>
  listener_handle on_disconnecting(F&& handler) const {
    return add_lifecycle("disconnecting", detail::make_handler<reason>(std::forward<F>(handler)));
  }
  /// Told of what goes wrong: `handler(cosio::socket_error what)`, returns task<> or nothing. Never called by a client's event of the name "error".
  template <class F>
  listener_handle on_error(F&& handler) const {
    return add_error(detail::make_handler<socket_error>(std::forward<F>(handler)));
  }

  /// Waits until the socket is disconnected. @return why; at once when it is already.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  task<reason> disconnected() const { return wait_disconnected(core_); }

  // ---------------------------------------------------------------- emitting

  /// Sends an event and waits for the client's answer, converted: none given: cosio::arguments; one: an R; more: a std::tuple.
  ///
  /// @par Completes  with the answer; it always ends: without timeout() when the client leaves.
  /// @par Cancellation  The wait ends; the event has been sent, and an answer that still comes is ignored.
  /// @throws error errc::timed_out (after timeout()), errc::disconnected, errc::conversion.
  template <class... R, class... Args>
  task<typename detail::answer_of<R...>::type> emit_with_ack(std::string_view event, const Args&... args) const {
    return with_flags().template emit_with_ack<R...>(event, args...);
  }

  /// Everybody in the namespace but this socket.
  [[nodiscard]] broadcast_operator broadcast() const { return with_flags().broadcast(); }

  // ---------------------------------------------------------------- rooms and the end

  /// Joins rooms: names, or ranges of names, of any bytes. Nothing happens when the socket is disconnected, or is in already. Rooms need not be
  /// made, and are left when the socket disconnects.
  /// @par Completes  when it is in: what is emitted to the room afterwards reaches it.
  template <class... R>
  task<> join(const R&... rooms) const {
    return join_rooms(core_, detail::collect_rooms(rooms...));
  }
  /// Leaves rooms; those that it is not in do not matter. Its own room, too, may be left.
  template <class... R>
  task<> leave(const R&... rooms) const {
    return leave_rooms(core_, detail::collect_rooms(rooms...));
  }

  /// client().expires_at(when): the credentials of the whole client.
  void expires_at(std::chrono::system_clock::time_point when) const;
  void expires_in(std::chrono::milliseconds time) const;

  /// Leaves the namespace; with `close` the client's whole connection is closed, and all its sockets leave.
  /// @par Completes  when the socket has left; its on_disconnect handlers have been started.
  task<> disconnect(bool close = false) const { return leave_nsp(core_, close); }

  explicit operator bool() const noexcept { return core_ != nullptr; }
  friend bool operator==(const socket& a, const socket& b) noexcept { return a.core_ == b.core_; }
  const std::shared_ptr<socketio::socket_core>& internals() const noexcept { return core_; }

 protected:
  friend class narrows<socket>;
  friend class emits<socket>;
  broadcast_operator operator_for_rooms() const { return broadcast(); }
  socket_operator operator_for_flags() const { return with_flags(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  using core_ptr = std::shared_ptr<socketio::socket_core>;
  using any_handler = std::function<task<>(std::string, arguments, ack)>;

  template <class F>
  static any_handler make_any(F&& handler) {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, std::string, arguments, ack>) {
      return detail::make_handler<std::string, arguments, ack>(std::forward<F>(handler));
    } else {
      auto two = detail::make_handler<std::string, arguments>(std::forward<F>(handler));
      return [two = std::move(two)](std::string event, arguments args, ack) {
        return two(std::move(event), std::move(args));
      };
    }
  }
  static detail::listener_ptr stopping(detail::listener_ptr listener) {
    listener->stops_with_client = 1;
    return listener;
  }

  socket_operator with_flags() const { return socket_operator(core_, emit_flags()); }
  listener_handle add(std::string_view event, detail::listener_ptr listener, bool once, bool first) const;
  listener_handle add_lifecycle(std::string_view event, std::function<task<>(reason)> handler) const;
  listener_handle add_error(std::function<task<>(socket_error)> handler) const;
  listener_handle add_any(any_handler handler, bool first) const;
  listener_handle add_any_outgoing(std::function<task<>(std::string, arguments)> handler, bool first) const;
  static task<reason> wait_disconnected(core_ptr self);
  static task<> join_rooms(core_ptr self, std::vector<std::string> rooms);
  static task<> leave_rooms(core_ptr self, std::vector<std::string> rooms);
  static task<> leave_nsp(core_ptr self, bool close);

  core_ptr core_;
};

/// One client: a session, and its sockets in all namespaces. A handle: copies name the same client.
///
/// @par Threads  Any.
class client {
 public:
  client() = default;
  explicit client(std::shared_ptr<socketio::client_core> core) noexcept : core_(std::move(core)) {}

  /// The session: its id (a credential), transport, protocol, and what is queued.
  engine_session conn() const;
  const http::request& request() const noexcept;  ///< the session's first, also after an upgrade

  /// The client's credentials are good until then; another call renews them. Its sockets are told options.credentials_notice before; when nobody
  /// has renewed them by then, the session is closed with the reason `credentials expired`, and cannot be recovered.
  void expires_at(std::chrono::system_clock::time_point when) const;
  /// The same, from now on.
  void expires_in(std::chrono::milliseconds time) const;
  /// No longer.
  void never_expires() const;

 private:
  std::shared_ptr<socketio::client_core> core_;
};

}  // namespace cosio
