// A socket: one client in one namespace. Handlers work with it.
//
//   io.on_connection([](cosio::socket user) -> cosio::task<> {
//     user.on("say", [user](std::string text) -> cosio::task<int> {  // the result is the acknowledgement
//       const cosio::report sent = co_await user.to("lobby").emit("said", user.id(), text);
//       co_return sent.queued;
//     });
//     co_await user.join("lobby");
//     const cosio::reason why = co_await user.disconnected();
//   });

#pragma once
#include <boost/json/value.hpp>

#include <cosio/ack.hpp>
#include <cosio/argument_checks.hpp>
#include <cosio/arguments.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/completion.hpp>
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
#include <cosio/temporaries.hpp>

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
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

namespace socketio {
class client_core;
class socket_core;
}  // namespace socketio

/// One event of a client, before its listeners get it. Packet middleware (socket::use) may change name and arguments;
/// the listeners see the change, catch-alls do not.
///
/// @par Threads  The client's strand. It is valid as long as the middleware runs.
class packet {
 public:
  packet(std::string event, arguments args, ack answer)
      : event_(std::move(event)), args_(std::move(args)), answer_(std::move(answer)) {}

  /// The name of the event. With another one, the listeners of that name are called.
  const std::string& event() const noexcept { return event_; }
  void event(std::string name) { event_ = std::move(name); }

  /// The arguments, without the name.
  const arguments& args() const noexcept { return args_; }
  arguments& args() noexcept { return args_; }

  /// The acknowledgement; false when the client asked for none. The first answer counts, so middleware that answers
  /// leaves nothing to the listeners.
  const ack& answer() const noexcept { return answer_; }

 private:
  std::string event_;
  arguments args_;
  ack answer_;
};

/// A failure on one socket: a handler threw, a packet middleware refused, arguments did not fit, the client sent an
/// invalid packet, or more events than max_event_rate. Handlers of on_error() get it; the client stays connected unless
/// its packet was invalid.
/// @par Threads  A value.
class socket_error {
 public:
  socket_error(std::string event, std::string message, boost::json::value data, std::exception_ptr cause)
      : event_(std::move(event)), message_(std::move(message)), data_(std::move(data)), cause_(std::move(cause)) {}

  /// The name of the event whose handling failed; "connection" for a connection handler; empty when there was no event.
  const std::string& event() const noexcept { return event_; }
  /// The failure in words, for people. It may have words of the application's exception, but no bytes of the client.
  const std::string& message() const noexcept { return message_; }
  /// The data of a refusal; else null.
  const boost::json::value& data() const noexcept { return data_; }
  /// The exception; null when nothing was thrown, as for arguments that do not fit.
  const std::exception_ptr& cause() const noexcept { return cause_; }

 private:
  std::string event_;
  std::string message_;
  boost::json::value data_;
  std::exception_ptr cause_;
};

namespace detail {

/// The type that emit_with_ack<R…>() and once<R…>() return: `arguments` for no type, one R, or a tuple of several.
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
std::tuple<R...> answer_tuple(const arguments& got, origin from, std::string_view event,
                              const socketio::socket_core* who, std::index_sequence<I...>) {
  return std::tuple<R...>(take<R>(got, I, from, event, who)...);
}

template <class... R>
task<typename answer_of<R...>::type> read_answer(task<arguments> waiting, origin from, std::string event,
                                                 std::shared_ptr<socketio::socket_core> who) {
  auto got = co_await std::move(waiting);
  if constexpr (sizeof...(R) == 0) {
    co_return got;
  } else if constexpr (sizeof...(R) == 1) {
    co_return take<R...>(got, 0, from, event, who.get());
  } else {
    co_return answer_tuple<R...>(got, from, event, who.get(), std::index_sequence_for<R...>());
  }
}

template <class... R>
task<typename answer_of<R...>::type> convert_answer(task<arguments> waiting, origin from, std::string event,
                                                    std::shared_ptr<socketio::socket_core> who) {
  if constexpr (can_travel<role::asked, R...>()) {
    return read_answer<R...>(std::move(waiting), from, std::move(event), std::move(who));
  } else {
    return {};
  }
}

// Refuses temporaries, and a forgotten token, for socket and socket_operator: see temporaries.hpp.
class refuses_questions {
 public:
  template <class... R, class... Args>
    requires any_fragile<Args...>
  task<typename answer_of<R...>::type> emit_with_ack(std::string_view, Args&&...) const {
    return refuse_temporary<task<typename answer_of<R...>::type>, Args...>();
  }
  template <class... R, class Token, class... Args>
    requires any_fragile_with<Token, typename answer_of<R...>::type, Args...>
  auto async_emit_with_ack(Token&&, std::string_view, Args&&...) const {
    return refuse_temporary<result_with<Token, typename answer_of<R...>::type>, Args...>();
  }
  template <class... R, no_token First, class... Rest>
  auto async_emit_with_ack(First&&, Rest&&...) const {
    return check_token<typename answer_of<R...>::type, First>();
  }
  template <class... T, no_token First, class... Rest>
  auto async_once(First&&, Rest&&...) const {
    return check_token<typename answer_of<T...>::type, First>();
  }
};

}  // namespace detail

/// One socket, and flags for what is sent to it: socket::timeout(), volatile_(), compress() and binary() return one.
///
/// Every modifier returns a new operator, and leaves the old one as it is; so an operator may be kept and used again.
/// @par Threads  Any.
class socket_operator : public narrows<socket_operator>,
                        public emits<socket_operator>,
                        public detail::refuses_questions {
 public:
  socket_operator(std::shared_ptr<socketio::socket_core> to, emit_flags flags) : to_(std::move(to)), flags_(flags) {}

  /// Everybody in the namespace but this socket, with these flags.
  [[nodiscard]] broadcast_operator broadcast() const;

  /// As socket::once, within timeout().
  /// @throws error errc::timed_out when no event came in that time, and as socket::once does.
  template <class... T>
  task<typename detail::answer_of<T...>::type> once(std::string_view event) const {
    return detail::convert_answer<T...>(wait_for(to_, std::string(event), flags_.timeout), detail::origin::event,
                                        std::string(event), to_);
  }

  /// As socket::emit_with_ack, within timeout(). A volatile question that is dropped ends at once: errc::dropped.
  template <class... R, class... Args>
  task<typename detail::answer_of<R...>::type> emit_with_ack(std::string_view event, const Args&... args) const {
    return detail::convert_answer<R...>(
        ask_data(to_, flags_, std::string(event), detail::checked_event(event, args...)), detail::origin::answer,
        std::string(event), to_);
  }
  /// Never compiles, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_questions::emit_with_ack;

  /// As once() and emit_with_ack(), for callers that are no coroutines: see completion.hpp.
  /// @param token  For `void(std::exception_ptr, V)`, where V is the type that the other function returns.
  template <class... T, class Token>
  auto async_once(Token&& token, std::string_view event) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), once<T...>(event));
  }
  template <class... R, class Token, class... Args>
  auto async_emit_with_ack(Token&& token, std::string_view event, const Args&... args) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), emit_with_ack<R...>(event, args...));
  }
  /// These never compile, as emit() with a temporary that GCC 12 destroys twice, and without a token.
  using detail::refuses_questions::async_emit_with_ack;
  using detail::refuses_questions::async_once;

 protected:
  template <class>
  friend class narrows;
  friend class emits<socket_operator>;
  detail::starting_place starts_at() const { return starts_on(to_); }
  broadcast_operator operator_for_rooms() const { return broadcast(); }
  socket_operator operator_for_flags() const { return *this; }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  friend class socket;
  emit_flags& flags() noexcept { return flags_; }
  using core_ptr = std::shared_ptr<socketio::socket_core>;
  static detail::starting_place starts_on(const core_ptr& to);
  static task<report> emit_data(core_ptr to, emit_flags flags, std::string event, event_data data);
  static task<arguments> ask_data(core_ptr to, emit_flags flags, std::string event, event_data data);
  static task<arguments> wait_for(core_ptr self, std::string event, std::optional<std::chrono::milliseconds> within);

  core_ptr to_;
  emit_flags flags_;
};

/// One client in one namespace: connection handlers and middleware of a namespace get one.
///
/// A handle: cheap to copy and to capture by value; copies name the same socket. A listener may capture its own socket:
/// listeners are dropped when the socket disconnects, so no cycle stays. A handle may outlive the socket and the
/// server: it is then a socket that has left. emit() reports `refused`, and waits end with errc::disconnected. Only an
/// io_context that the application brought must outlive the handles of its sockets.
/// @par Threads  Any, several at once. Handlers of one client run on its strand: never two at the same time, and only
///               between suspensions of the others.
class socket : public narrows<socket>, public emits<socket>, public detail::refuses_questions {
 public:
  /// A handle of nothing: only `explicit operator bool`, comparing and copying may be used.
  socket() = default;
  explicit socket(std::shared_ptr<socketio::socket_core> core) noexcept : core_(std::move(core)) {}

  /// The id of the socket, and the name of a room with this socket alone. It may be shown to other clients.
  ///
  /// In protocol 4 clients have only the id of their session, which is a credential: it is the id on "/", and stands
  /// behind "/name#" elsewhere. Show the ids of such clients to nobody.
  const std::string& id() const noexcept;
  /// The namespace of the socket.
  class nsp nsp() const;
  /// The client, which the sockets of other namespaces share.
  class client client() const;
  /// The session of the client: its id, transport, protocol. The same as client().conn().
  class engine_session conn() const;
  /// The facts of the first request, and the client's data for this namespace. Valid as long as a handle of the socket.
  const class handshake& handshake() const noexcept;
  /// The first request of the session.
  const http::request& request() const noexcept;
  /// The client's address without port; see handshake::address().
  std::string_view remote_address() const noexcept;
  /// The Socket.IO protocol: 5, or 4 for clients of generation 2.
  unsigned protocol() const noexcept;

  /// Whether the socket is in its namespace: false while middleware runs, and after the end.
  bool connected() const noexcept;
  /// Whether this socket was away and has come back: its id, rooms and data are those of before, and the events that it
  /// missed were sent. See options::connection_state_recovery.
  bool recovered() const noexcept;
  /// The rooms of the socket, the room of its id among them, in no order. Empty after the end.
  std::vector<std::string> rooms() const;

  /// The application's data of this socket, which fetch_sockets() shows on all servers. `{}` until it is set. It is
  /// copied each way: change the copy and set it again. It stays readable after the end, and comes back with a socket
  /// that is recovered.
  boost::json::value data() const;
  /// Sets the data.
  void data(boost::json::value value) const;
  /// The data as a T: `const profile who = user.data<profile>()`.
  /// @throws error errc::conversion when it does not fit, as `{}` may not.
  template <class T>
  T data() const {
    return detail::from_json<T>(data(), "the data of the socket");
  }
  /// Sets the data to any value that an event could carry, but binary: a described struct, a map.
  /// @throws error errc::bad_argument for binary.
  template <class T>
    requires(!std::is_convertible_v<const T&, boost::json::value>)
  void data(const T& value) const {
    data(detail::to_json(value));
  }

  /// Works with a state of this socket that only its client's strand touches, from any thread:
  ///
  ///     const int left = co_await user.with<cart>([](cart& mine) { return mine.take("apple"); });
  ///
  /// A socket has one state of each type T, which is made by `T()` when it is first used, and goes with the last handle
  /// of the socket. It is not copied, and other servers do not see it. T must not hold handles of its own socket: none
  /// of them would ever go.
  ///
  /// @param fn  A plain function of `T&`. It runs on the client's strand, so never at the same time as a handler of the
  ///            client or another `fn`; at once when the caller runs there.
  /// @return the value that `fn` returns. Its exception is thrown here.
  /// @par Completes     when `fn` has returned; the caller resumes where it was.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted. `fn` may run all the same.
  template <class T, class F>
  task<std::invoke_result_t<F&, T&>> with(F fn) const {
    using result = std::invoke_result_t<F&, T&>;
    static_assert(!std::is_reference_v<result>, "cosio: with() returns a value: a reference would leave the strand");
    static_assert(!detail::is_task<result>, "cosio: the function of with() is a plain function");
    return with_state<T, F>(core_, std::move(fn));
  }

  /// The memory that the server keeps for the client of this socket, in all its namespaces. It is what
  /// options.max_client_bytes limits.
  /// @par Completes     on the client's strand; the caller resumes where it was.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  task<client_memory> memory() const;

  // ---------------------------------------------------------------- listening

  /// Calls a handler for every event of this name.
  ///
  /// @param handler  A lambda, function, std::function or cosio::method(…).
  ///                 - Its parameters are read from the arguments of the event (see convert.hpp). The last may be a
  ///                   cosio::ack; a cosio::arguments takes all arguments that are left.
  ///                 - It returns nothing or task<>; or T or task<T>, which acknowledges. A std::tuple acknowledges
  ///                   with several values. The end of a task<> acknowledges with nothing, if it takes neither a
  ///                   cosio::ack nor a cosio::arguments, and the arguments fit no other listener of the socket,
  ///                   and no catch-all takes a cosio::ack. Packet middleware ends first, and may answer.
  ///                 - When the arguments do not fit, it is not called, and on_error is told. The client gets no
  ///                   acknowledgement (but see options.answer_failed_events), and stays connected.
  ///                 - Its exception goes to on_error and to the log, and to the client only with
  ///                   options.answer_failed_events.
  /// @return a handle that removes the listener; of nothing when the socket has left already.
  /// @throws error errc::bad_argument for a reserved name, which no client could send. "disconnect" and "disconnecting"
  ///               with a handler of one cosio::reason mean on_disconnect() and on_disconnecting(). A client's "error"
  ///               is an event like any other. errc::limit_reached above options.max_listeners_per_socket.
  /// @par Strand        The client's. Handlers of one client start in the order of its packets; when one suspends, the
  ///                    next starts (but see nsp::sequential).
  /// @par Cancellation  A handler is not cancelled when its client leaves, unless stops_with_client is given.
  template <class F>
  listener_handle on(std::string_view event, F&& handler) const {
    if constexpr (detail::takes_only<std::decay_t<F>, reason>) {
      return add_lifecycle(event, detail::make_handler<reason>(std::forward<F>(handler)), false);
    } else {
      return add(event, detail::make_listener(std::forward<F>(handler)), false, false);
    }
  }
  /// The same, and the handler's coroutine is cancelled when the socket leaves: see stops_with_client.
  template <class F>
  listener_handle on(std::string_view event, F&& handler, stops_with_client_t) const {
    return add(event, stopping(detail::make_listener(std::forward<F>(handler))), false, false);
  }
  /// Calls a handler for the next event of this name only. Otherwise the same as on().
  template <class F>
    requires(!detail::is_duration<std::decay_t<F>>)
  listener_handle once(std::string_view event, F&& handler) const {
    if constexpr (detail::takes_only<std::decay_t<F>, reason>) {
      return on(event, std::forward<F>(handler));  // a socket ends once
    } else {
      return add(event, detail::make_listener(std::forward<F>(handler)), true, false);
    }
  }
  /// The same, and the handler's coroutine is cancelled when the socket leaves.
  template <class F>
  listener_handle once(std::string_view event, F&& handler, stops_with_client_t) const {
    return add(event, stopping(detail::make_listener(std::forward<F>(handler))), true, false);
  }
  /// As on(), but in front of the listeners that are there.
  template <class F>
  listener_handle prepend_listener(std::string_view event, F&& handler) const {
    if constexpr (detail::takes_only<std::decay_t<F>, reason>) {
      return add_lifecycle(event, detail::make_handler<reason>(std::forward<F>(handler)), true);
    } else {
      return add(event, detail::make_listener(std::forward<F>(handler)), false, true);
    }
  }
  /// As once(), but in front of the listeners that are there.
  template <class F>
  listener_handle prepend_once_listener(std::string_view event, F&& handler) const {
    if constexpr (detail::takes_only<std::decay_t<F>, reason>) {
      return prepend_listener(event, std::forward<F>(handler));
    } else {
      return add(event, detail::make_listener(std::forward<F>(handler)), true, true);
    }
  }

  /// Waits for the next event of this name: `auto name = co_await user.once<std::string>("login")`. It listens from the
  /// moment in which the task is awaited; an event that has come before, and still waits for a handler, counts.
  ///
  /// @return for no type cosio::arguments, for one type a value of it, for several types a std::tuple.
  /// @throws error errc::disconnected when the socket leaves first, or has left; errc::conversion when the arguments do
  ///               not fit.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted, and nobody listens any more.
  template <class... T>
  task<typename detail::answer_of<T...>::type> once(std::string_view event) const {
    return detail::convert_answer<T...>(socket_operator::wait_for(core_, std::string(event), std::nullopt),
                                        detail::origin::event, std::string(event), core_);
  }
  /// The same, but not for longer than `within`.
  /// @throws error errc::timed_out as well.
  template <class... T>
  task<typename detail::answer_of<T...>::type> once(std::string_view event, std::chrono::milliseconds within) const {
    return detail::convert_answer<T...>(socket_operator::wait_for(core_, std::string(event), within),
                                        detail::origin::event, std::string(event), core_);
  }

  /// Removes one listener: the same as handle.remove(). A handler of it that runs goes on to its end.
  void remove_listener(const listener_handle& handle) const { handle.remove(); }
  /// Removes all listeners of one event; of "disconnect" and "disconnecting" those of on_disconnect() and
  /// on_disconnecting(), which are the same.
  void remove_all_listeners(std::string_view event) const;
  /// Removes the listeners of all events, on_disconnect and on_disconnecting among them. Middleware, catch-alls and
  /// on_error stay.
  void remove_all_listeners() const;
  /// Shorter names of the three functions above.
  void off(const listener_handle& handle) const { handle.remove(); }
  void off(std::string_view event) const { remove_all_listeners(event); }
  void off() const { remove_all_listeners(); }
  /// The names of the events that have listeners, each once; "disconnecting" and "disconnect" are the last of them.
  std::vector<std::string> event_names() const;
  /// The number of listeners of one event.
  std::size_t listener_count(std::string_view event) const;
  /// Handles of the listeners of one event, in the order of calling. They are equal to those that on() returned.
  std::vector<listener_handle> listeners(std::string_view event) const;
  /// The same: a listener that once() has registered has a handle like any other.
  std::vector<listener_handle> raw_listeners(std::string_view event) const { return listeners(event); }
  /// The most listeners of this socket, handlers of its end not counted; 0: no limit. It begins as
  /// options.max_listeners_per_socket. Above: on(), and once() with a handler, throw errc::limit_reached.
  std::size_t get_max_listeners() const;
  /// Sets that number for this socket. Listeners that are there already stay.
  void set_max_listeners(std::size_t most) const;

  /// Calls a handler for every event of the client, before its middleware and listeners (a catch-all).
  ///
  /// @param handler  `handler(std::string event, cosio::arguments args)`, with a cosio::ack as third parameter if it
  ///                 wants to answer. It returns task<> or nothing. Its exception goes to on_error.
  /// @par Strand  The client's.
  template <class F>
  listener_handle on_any(F&& handler) const {
    return add_any(make_any(std::forward<F>(handler)), false);
  }
  /// As on_any(), but in front of the catch-alls that are there.
  template <class F>
  listener_handle prepend_any(F&& handler) const {
    return add_any(make_any(std::forward<F>(handler)), true);
  }
  void off_any(const listener_handle& handle) const { handle.remove(); }
  /// Removes all of them.
  void off_any() const;
  /// Handles of all of them, in the order of calling.
  std::vector<listener_handle> listeners_any() const;

  /// Calls a handler for every event that is sent to this client, by emit() or by a broadcast that reaches it, once
  /// each and in order. A volatile event that is then dropped is among them; acknowledgements and packets of the
  /// library are not. It costs nothing while nobody uses it.
  ///
  /// @param handler  `handler(std::string event, cosio::arguments args)`, with binary as it was given. It returns
  ///                 task<> or nothing. Its exception goes to on_error.
  /// @par Strand  The client's, soon after the event was sent.
  template <class F>
  listener_handle on_any_outgoing(F&& handler) const {
    return add_any_outgoing(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), false);
  }
  /// The same, but in front of those that are there.
  template <class F>
  listener_handle prepend_any_outgoing(F&& handler) const {
    return add_any_outgoing(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), true);
  }
  void off_any_outgoing(const listener_handle& handle) const { handle.remove(); }
  /// Removes all of them.
  void off_any_outgoing() const;
  /// Handles of all of them, in the order of calling.
  std::vector<listener_handle> listeners_any_outgoing() const;

  /// Adds packet middleware: `[](cosio::packet& p, cosio::next go) -> cosio::task<> { …; co_await go(); }`. Without a
  /// `cosio::next` it lets the event in when it returns, and may be a plain function: `[](cosio::packet& p) { … }`.
  ///
  /// It runs for every event of the client, in the order of registration, and may change the event. An exception, and a
  /// return without go(), keep the event from its listeners and go to on_error. A client of protocol 4 then gets an
  /// ERROR packet, and a client that asked for an acknowledgement gets `{"message":…,"data":…}` as its answer
  /// (options.answer_refused_events).
  /// @par Strand  The client's. Middleware of the next event may start while this one waits.
  listener_handle use(detail::middleware<packet&> middleware) const;

  /// Calls a handler once, when the socket has left: `handler(cosio::reason why)`, which returns task<> or nothing.
  ///
  /// Handlers start in the order of registration. The socket is in no room any more, and its listeners are gone. A
  /// handler that is added after the end is never called: await disconnected() instead.
  /// @par Strand  The client's.
  template <class F>
  listener_handle on_disconnect(F&& handler) const {
    return add_lifecycle("disconnect", detail::make_handler<reason>(std::forward<F>(handler)), false);
  }
  /// The same, but a moment earlier: the socket is still in its rooms, and emit() works if the connection does. This
  /// holds until the handler suspends.
  template <class F>
  listener_handle on_disconnecting(F&& handler) const {
    return add_lifecycle("disconnecting", detail::make_handler<reason>(std::forward<F>(handler)), false);
  }
  /// Calls a handler for every failure on this socket: `handler(cosio::socket_error what)`, which returns task<> or
  /// nothing. A client's event of the name "error" never comes here. The log is told, too.
  /// @par Strand  The client's.
  template <class F>
  listener_handle on_error(F&& handler) const {
    return add_error(detail::make_handler<socket_error>(std::forward<F>(handler)));
  }

  /// Waits until the socket is disconnected; returns at once when it is already.
  /// @return the reason, as on_disconnect() is told.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  task<reason> disconnected() const { return wait_disconnected(core_); }

  // ---------------------------------------------------------------- emitting

  /// Sends an event and waits for the client's answer: `const int age = co_await user.emit_with_ack<int>("your age?")`.
  ///
  /// @return for no type cosio::arguments, for one type a value of it, for several types a std::tuple.
  /// @par Completes     with the answer. It always ends: without timeout() when the client leaves, also when it leaves
  ///                    before a middleware has let it in.
  /// @par Cancellation  The wait ends; the event has been sent, and an answer that still comes is ignored.
  /// @throws error errc::timed_out after timeout(); errc::disconnected when the client leaves first, has left, or its
  ///               outbox is full; errc::dropped when the event is volatile and cannot go out at once; errc::conversion
  ///               when the answer does not fit; errc::limit_reached when the client owes options.max_pending_acks
  ///               answers; errc::bad_argument as emit() does.
  template <class... R, class... Args>
  task<typename detail::answer_of<R...>::type> emit_with_ack(std::string_view event, const Args&... args) const {
    return with_flags().template emit_with_ack<R...>(event, args...);
  }
  /// Never compiles, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_questions::emit_with_ack;

  /// Addresses everybody in the namespace but this socket.
  [[nodiscard]] broadcast_operator broadcast() const { return with_flags().broadcast(); }

  // ---------------------------------------------------------------- rooms and the end

  /// Joins rooms: names, or ranges of names, of any bytes. Rooms need not be made, and are left when the socket
  /// disconnects. Nothing happens for rooms in which it is already, and after the end.
  ///
  /// It works in middleware, too: broadcasts to the room reach the socket as soon as it is in its namespace.
  /// @par Completes  when the socket is in: events that are emitted to the room afterwards reach it.
  /// @throws error errc::limit_reached when it would be in more than options.max_rooms_per_client rooms: then it joins
  ///               none of them.
  template <class... R>
  task<> join(const R&... rooms) const {
    return join_rooms(core_, detail::collect_rooms(rooms...));
  }
  /// Leaves rooms; rooms in which it is not do not matter. The room of its id may be left, too. Nothing happens after
  /// the end: a client that came back may have a new socket with the same id.
  template <class... R>
  task<> leave(const R&... rooms) const {
    return leave_rooms(core_, detail::collect_rooms(rooms...));
  }

  /// The same as client().expires_at(when) and expires_in(time): they are for the whole client.
  void expires_at(std::chrono::system_clock::time_point when) const;
  void expires_in(std::chrono::milliseconds time) const;

  /// Makes the socket leave its namespace, with the reason `server namespace disconnect`; the client is told. With
  /// `close` all sockets of the client leave, and its session is closed. Clients do not come back by themselves then.
  ///
  /// @par Completes  when the socket has left and its on_disconnect handlers have been started; at once when it has
  ///                 left already.
  task<> disconnect(bool close = false) const { return leave_nsp(core_, close); }

  /// Starts work that ends with the socket: it is cancelled where it waits when the socket leaves, as a handler with
  /// stops_with_client is. Nothing runs when the socket has left already. Its exception goes to on_error, with an empty
  /// event, and to the log.
  /// @par Threads  Any. The work runs on the client's strand: it begins at once when the caller runs there, else soon.
  void spawn(task<> work) const;

  // ---------------------------------------------------------------- for callers that are no coroutines
  // See completion.hpp. Values that the other function returns are the second argument of the handler.

  /// As emit_with_ack(): `user.async_emit_with_ack<int>(token, "your age?")`.
  /// @param token  For `void(std::exception_ptr, V)`, where V is what emit_with_ack() returns.
  template <class... R, class Token, class... Args>
  auto async_emit_with_ack(Token&& token, std::string_view event, const Args&... args) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), emit_with_ack<R...>(event, args...));
  }
  /// These never compile, as emit() with a temporary that GCC 12 destroys twice, and without a token.
  using detail::refuses_questions::async_emit_with_ack;
  using detail::refuses_questions::async_once;
  /// As the once() that waits. On the client's strand it listens at once, and soon when it is called from elsewhere.
  /// @param token  For `void(std::exception_ptr, V)`, where V is what once() returns.
  template <class... T, class Token>
  auto async_once(Token&& token, std::string_view event) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), once<T...>(event));
  }
  template <class... T, class Token>
  auto async_once(Token&& token, std::string_view event, std::chrono::milliseconds within) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), once<T...>(event, within));
  }
  /// As disconnected(). @param token  For `void(std::exception_ptr, cosio::reason)`.
  template <class Token>
  auto async_disconnected(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), disconnected());
  }
  /// As join(). @param token  For `void(std::exception_ptr)`, as in the next two.
  template <class Token, class... R>
  auto async_join(Token&& token, const R&... rooms) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), join(rooms...));
  }
  /// As leave().
  template <class Token, class... R>
  auto async_leave(Token&& token, const R&... rooms) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), leave(rooms...));
  }
  /// As disconnect().
  template <class Token>
  auto async_disconnect(Token&& token, bool close = false) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), disconnect(close));
  }

  /// False for a handle of nothing. It stays true after the end.
  explicit operator bool() const noexcept { return core_ != nullptr; }
  /// Whether both name the same socket.
  friend bool operator==(const socket& a, const socket& b) noexcept { return a.core_ == b.core_; }
  /// For the library.
  const std::shared_ptr<socketio::socket_core>& internals() const noexcept { return core_; }

 protected:
  friend class narrows<socket>;
  friend class emits<socket>;
  detail::starting_place starts_at() const { return socket_operator::starts_on(core_); }
  broadcast_operator operator_for_rooms() const { return broadcast(); }
  socket_operator operator_for_flags() const { return with_flags(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  using core_ptr = std::shared_ptr<socketio::socket_core>;
  using any_handler = detail::catch_all;

  template <class F>
  static any_handler make_any(F&& handler) {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, std::string, arguments, ack>) {
      return {detail::make_handler<std::string, arguments, ack>(std::forward<F>(handler)), true};
    } else {
      auto two = detail::make_handler<std::string, arguments>(std::forward<F>(handler));
      auto call = [two = std::move(two)](std::string event, arguments args, ack) {
        return two(std::move(event), std::move(args));
      };
      return {std::move(call), false};
    }
  }
  static detail::listener_ptr stopping(detail::listener_ptr listener) {
    listener->stops_with_client = 1;
    return listener;
  }

  socket_operator with_flags() const { return socket_operator(core_, emit_flags()); }
  listener_handle add(std::string_view event, detail::listener_ptr listener, bool once, bool first) const;
  listener_handle add_lifecycle(std::string_view event, std::function<task<>(reason)> handler, bool first) const;
  listener_handle add_error(std::function<task<>(socket_error)> handler) const;
  listener_handle add_any(any_handler handler, bool first) const;
  listener_handle add_any_outgoing(std::function<task<>(std::string, arguments)> handler, bool first) const;
  // A call of with(): it outlives a caller that is cancelled.
  template <class T, class F>
  struct state_call {
    using result = std::invoke_result_t<F&, T&>;
    explicit state_call(F call) : fn(std::move(call)) {}
    void run(T& state) {
      if constexpr (std::is_void_v<result>) {
        fn(state);
      } else {
        got.emplace(fn(state));
      }
    }
    F fn;
    std::optional<std::conditional_t<std::is_void_v<result>, bool, result>> got;
  };
  template <class T, class F>
  static task<std::invoke_result_t<F&, T&>> with_state(core_ptr self, F fn) {
    const auto call = std::make_shared<state_call<T, F>>(std::move(fn));
    std::function<void()> work = [self, call] {
      const auto state = state_of(*self, typeid(T), [] { return std::shared_ptr<void>(std::make_shared<T>()); });
      call->run(*static_cast<T*>(state.get()));
    };
    auto running = run_on_strand(self, std::move(work));
    co_await std::move(running);
    if constexpr (!std::is_void_v<std::invoke_result_t<F&, T&>>) co_return std::move(*call->got);
  }
  static std::shared_ptr<void> state_of(socketio::socket_core& self, std::type_index type,
                                        std::shared_ptr<void> (*make)());
  static task<> run_on_strand(core_ptr self, std::function<void()> work);
  static task<reason> wait_disconnected(core_ptr self);
  static task<> join_rooms(core_ptr self, std::vector<std::string> rooms);
  static task<> leave_rooms(core_ptr self, std::vector<std::string> rooms);
  static task<> leave_nsp(core_ptr self, bool close);

  core_ptr core_;
};

/// One client: a session, and its sockets in all namespaces. socket::client() gives it.
///
/// A handle: copies name the same client, and keep its data.
/// @par Threads  Any.
class client {
 public:
  client() = default;
  explicit client(std::shared_ptr<socketio::client_core> core) noexcept : core_(std::move(core)) {}

  /// The session: its id (a credential), transport, protocol, and the bytes in its outbox.
  engine_session conn() const;
  /// The first request of the session, also after an upgrade.
  const http::request& request() const noexcept;

  /// Sets the time at which the client's credentials expire. Another call renews them.
  ///
  /// Its sockets receive options.credentials_event once, options.credentials_notice before. When nobody has renewed the
  /// credentials in time, all sockets leave and the session is closed, with the reason `credentials expired`; it cannot
  /// be recovered. The client reads `io server disconnect`, and does not connect again by itself. A time in the past is
  /// the end at once: in a middleware the socket is refused with the `connect_error` `credentials expired`.
  /// Default: never.
  void expires_at(std::chrono::system_clock::time_point when) const;
  /// The same, counted from now. It does not follow changes of the machine's clock, and neither does expires_at() once
  /// it was called.
  void expires_in(std::chrono::milliseconds time) const;
  /// Takes the time back: the credentials do not expire any more.
  void never_expires() const;

 private:
  std::shared_ptr<socketio::client_core> core_;
};

}  // namespace cosio::inline v0_2
