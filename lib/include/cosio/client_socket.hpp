// A socket of a client: one namespace of a server. manager::socket() makes it.
//
//   auto chat = server.socket("/chat", {.auth = {{"token", "abc"}}});
//   chat.on("said", [](std::string who, std::string text) { std::cout << who << ": " << text << '\n'; });
//   co_await chat.connect();
//   const int people = co_await chat.emit_with_ack<int>("join", "lobby");

#pragma once
#include <cosio/ack.hpp>
#include <cosio/argument_checks.hpp>
#include <cosio/arguments.hpp>
#include <cosio/client_options.hpp>
#include <cosio/client_reason.hpp>
#include <cosio/completion.hpp>
#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>
#include <cosio/listener.hpp>
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

namespace cosio::inline v0_2 {

namespace clients {
class socket_core;
}  // namespace clients

/// A failure on a socket of a client: a handler threw, or the arguments of an event did not fit it.
/// @par Threads  A value.
struct client_failure {
  /// The name of the event; empty for hooks such as on_connect().
  std::string event = {};
  /// In words, for people.
  std::string message = {};
  /// The exception; null for arguments that do not fit.
  std::exception_ptr cause = {};
};

/// Events and acknowledgements that wait in a socket.
struct pending_events {
  std::size_t events = 0;
  std::size_t bytes = 0;
  /// Acknowledgements that are awaited, of events that were sent and of those that wait.
  std::size_t acks = 0;
};

/// How a client sends one event.
/// @par Threads  A value.
struct client_flags {
  bool is_volatile = false;
  bool compress = true;
  std::optional<std::chrono::milliseconds> timeout = {};
  std::optional<when_offline> offline = {};
};

namespace detail {

/// The type that emit_with_ack<R…>() of a client returns: `arguments` for no type, one R, or a tuple of several.
template <class... R>
struct client_answer {
  using type = std::tuple<R...>;
};
template <>
struct client_answer<> {
  using type = arguments;
};
template <class R>
struct client_answer<R> {
  using type = R;
};

/// Reads one value of an answer or an event. @throws error errc::conversion
template <class R>
R read_from(const arguments& got, std::size_t index, origin from, const std::string& event) {
  R out{};
  mismatch wrong;
  if (read(value_at(got, index), got.attachments(), out, wrong)) return out;
  if (index >= got.size()) wrong.got = "missing";
  throw error(errc::conversion, from == origin::answer ? describe_answer_mismatch(event, index, wrong)
                                                       : describe_mismatch(event, index, wrong));
}
template <class... R, std::size_t... I>
typename client_answer<R...>::type read_values(const arguments& got, origin from, const std::string& event,
                                               std::index_sequence<I...>) {
  return typename client_answer<R...>::type(read_from<R>(got, I, from, event)...);
}
template <class... R>
task<typename client_answer<R...>::type> read_client_answer(task<arguments> waiting, origin from, std::string event) {
  auto got = co_await std::move(waiting);
  if constexpr (sizeof...(R) == 0) {
    co_return got;
  } else {
    co_return read_values<R...>(got, from, event, std::index_sequence_for<R...>());
  }
}
template <class... R>
task<typename client_answer<R...>::type> client_answer_of(task<arguments> waiting, origin from, std::string event) {
  if constexpr (can_travel<role::asked, R...>()) {
    return read_client_answer<R...>(std::move(waiting), from, std::move(event));
  } else {
    return {};
  }
}

}  // namespace detail

/// The verbs of a client that send: of client_socket, and of what its modifiers return.
/// @tparam Self  Has core() and flags().
/// @par Threads  Any. Events are sent in the order in which one thread awaits their tasks.
template <class Self>
class client_emits : public emits<Self> {
 public:
  /// Drops the event when it cannot go out at once: the socket is not connected, or something waits before it.
  [[nodiscard]] auto volatile_() const {
    return changed([](client_flags& flags) { flags.is_volatile = true; });
  }
  /// Chooses whether the event may be compressed.
  [[nodiscard]] auto compress(bool on = true) const {
    return changed([on](client_flags& flags) { flags.compress = on; });
  }
  /// The time for the acknowledgement, counted from the moment in which the task is awaited. With retries it counts for
  /// each attempt anew.
  [[nodiscard]] auto timeout(std::chrono::milliseconds after) const {
    return changed([after](client_flags& flags) { flags.timeout = after; });
  }
  /// The fate of the event while the socket is not connected.
  [[nodiscard]] auto offline(when_offline what) const {
    return changed([what](client_flags& flags) { flags.offline = what; });
  }

  /// Sends an event and waits for the server's answer: `const int sum = co_await s.emit_with_ack<int>("add", 1, 2)`.
  ///
  /// @return for no type cosio::arguments, for one type a value of it, for several types a std::tuple.
  /// @par Completes     with the answer. It always ends: without a timeout when the socket is disconnected, or the
  ///                    manager destroyed. An event that waits for the connection is not lost by a disconnect.
  /// @par Cancellation  The wait ends. An event that waits for the connection is not sent then, except with retries;
  ///                    an answer that still comes is ignored.
  /// @throws error errc::timed_out; errc::disconnected when the socket was disconnected before the answer came, or is
  ///               not connected, with when_offline::fail; errc::dropped when a volatile event was not sent;
  ///               errc::limit_reached above max_pending_bytes; errc::conversion when the answer does not fit;
  ///               errc::cancelled when the manager is destroyed.
  template <class... R, class... Args>
  task<typename detail::client_answer<R...>::type> emit_with_ack(std::string_view event, const Args&... args) const {
    return detail::client_answer_of<R...>(ask(event, detail::checked_event(event, args...)), detail::origin::answer,
                                          std::string(event));
  }
  /// The same for callers that are no coroutines: see completion.hpp.
  /// @param token  For `void(std::exception_ptr, V)`, where V is the type that emit_with_ack() returns.
  template <class... R, class Token, class... Args>
  auto async_emit_with_ack(Token&& token, std::string_view event, const Args&... args) const {
    return detail::start_with(std::forward<Token>(token), self().starts_at(), emit_with_ack<R...>(event, args...));
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
  template <class F>
  auto changed(F change) const;
  task<arguments> ask(std::string_view event, event_data data) const;
};

/// A client_socket with flags for what is sent. Every modifier returns a new one.
/// @par Threads  Any.
class client_operator : public client_emits<client_operator> {
 public:
  client_operator(std::shared_ptr<clients::socket_core> to, client_flags flags) : core_(std::move(to)), flags_(flags) {}

 private:
  friend class client_emits<client_operator>;
  friend class emits<client_operator>;
  const std::shared_ptr<clients::socket_core>& core() const noexcept { return core_; }
  client_flags flags() const noexcept { return flags_; }
  detail::starting_place starts_at() const;
  task<report> emit_encoded(std::string_view event, event_data data) const;

  std::shared_ptr<clients::socket_core> core_;
  client_flags flags_;
};

/// A socket of a client.
///
/// A handle: cheap to copy and to capture by value; copies name the same socket. Handlers may capture their own socket:
/// they go with the manager. After the manager has gone, emit() reports `refused`, and waits end with errc::cancelled.
/// The io_context must outlive the handles.
/// @par Threads  Any, several at once. Handlers of all sockets of one manager run on its strand: never two at the same
///               time, and only between suspensions of the others.
class client_socket : public client_emits<client_socket> {
 public:
  /// A handle of nothing: only `explicit operator bool`, comparing and copying may be used.
  client_socket() = default;
  explicit client_socket(std::shared_ptr<clients::socket_core> core) noexcept : core_(std::move(core)) {}

  /// The name of the namespace.
  const std::string& nsp() const noexcept;
  /// The id that the server gave; empty while the socket is not connected.
  std::string id() const;
  /// Whether events reach the server now.
  bool connected() const noexcept;
  /// Whether the socket is connected, or will be: connect() was called, and since then neither the server nor
  /// disconnect() has ended it.
  bool active() const noexcept;
  /// Whether the present connection went on with the state of the one before. The server must offer that: see its
  /// option connection_state_recovery.
  bool recovered() const noexcept;
  /// Events that wait for the connection, and acknowledgements that are awaited.
  pending_events pending() const;

  /// Connects, and goes on doing so after a connection was lost, as manager_options say.
  /// @par Completes     when the server has let the socket in; at once when it is connected. It waits as long as
  ///                    attempts go on.
  /// @par Cancellation  Ends the wait; the socket goes on connecting.
  /// @throws connect_error when the server refuses the socket, or no further attempt is made; error errc::timed_out
  ///         after `within`, when the socket goes on connecting; errc::cancelled when the manager is destroyed;
  ///         errc::disconnected when disconnect() was called.
  task<> connect() const { return connect_within(core_, std::nullopt); }
  task<> connect(std::chrono::milliseconds within) const { return connect_within(core_, within); }
  /// Begins to connect, and returns at once. on_connect() and on_connect_error() are told.
  void open() const;
  /// Leaves the namespace. When no other socket of the manager is active, the connection is closed. The socket can be
  /// connected again. Events that wait are kept.
  /// @par Completes  when the packet is on its way and the socket is disconnected.
  task<> disconnect() const;
  /// Waits until the socket is disconnected; returns at once when it is not connected.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  task<client_reason> disconnected() const;

  /// Calls a handler for every event of this name. Its parameters and result are as those of socket::on(): typed
  /// arguments, cosio::ack or cosio::arguments as the last one; a result acknowledges.
  /// @throws error errc::bad_argument for a reserved name.
  template <class F>
  listener_handle on(std::string_view event, F&& handler) const {
    return add(event, detail::make_listener(std::forward<F>(handler)), false, false);
  }
  /// The same, for the next event of this name only.
  template <class F>
    requires(!detail::is_duration<std::decay_t<F>>)
  listener_handle once(std::string_view event, F&& handler) const {
    return add(event, detail::make_listener(std::forward<F>(handler)), true, false);
  }
  /// As on(), in front of the listeners that are there.
  template <class F>
  listener_handle prepend_listener(std::string_view event, F&& handler) const {
    return add(event, detail::make_listener(std::forward<F>(handler)), false, true);
  }
  /// Waits for the next event of this name: `auto news = co_await s.once<std::string>("news")`.
  /// @return as emit_with_ack().
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  /// @throws error errc::timed_out after `within`; errc::cancelled when the manager is destroyed; errc::conversion.
  template <class... T>
  task<typename detail::client_answer<T...>::type> once(std::string_view event) const {
    return detail::client_answer_of<T...>(wait_for(std::string(event), std::nullopt), detail::origin::event,
                                          std::string(event));
  }
  template <class... T>
  task<typename detail::client_answer<T...>::type> once(std::string_view event,
                                                        std::chrono::milliseconds within) const {
    return detail::client_answer_of<T...>(wait_for(std::string(event), within), detail::origin::event,
                                          std::string(event));
  }
  /// Removes a registration: the same as handle.remove().
  void off(const listener_handle& handle) const { handle.remove(); }
  /// Removes all listeners of one event, or of all events.
  void off(std::string_view event) const;
  void off() const;
  /// The number of listeners of one event.
  std::size_t listener_count(std::string_view event) const;

  /// Calls `handler(std::string event, cosio::arguments args)` for every event of the server, before its listeners.
  template <class F>
  listener_handle on_any(F&& handler) const {
    return add_any(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), false);
  }
  template <class F>
  listener_handle prepend_any(F&& handler) const {
    return add_any(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), true);
  }
  /// The same for every event that is sent, when it is given to the connection. Events that wait are told when they
  /// are sent.
  template <class F>
  listener_handle on_any_outgoing(F&& handler) const {
    return add_any_outgoing(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), false);
  }
  template <class F>
  listener_handle prepend_any_outgoing(F&& handler) const {
    return add_any_outgoing(detail::make_handler<std::string, arguments>(std::forward<F>(handler)), true);
  }

  /// Calls `handler()` each time when the server has let the socket in.
  listener_handle on_connect(detail::handler<> handler) const;
  /// Calls `handler(cosio::connect_error)` for every attempt that failed, and when the server refuses the socket.
  listener_handle on_connect_error(detail::handler<connect_error> handler) const;
  /// Calls `handler(cosio::client_reason)` each time when the socket was disconnected.
  listener_handle on_disconnect(detail::handler<client_reason> handler) const;
  /// Calls `handler(cosio::client_failure)` when a handler threw, or arguments did not fit. The log is told, too.
  listener_handle on_error(detail::handler<client_failure> handler) const;

  /// As connect(), disconnect(), disconnected() and once(): see completion.hpp.
  template <class Token>
  auto async_connect(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), connect());
  }
  template <class Token>
  auto async_disconnect(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), disconnect());
  }
  template <class Token>
  auto async_disconnected(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), disconnected());
  }
  template <class... T, class Token>
  auto async_once(Token&& token, std::string_view event) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), once<T...>(event));
  }

  /// False for a handle of nothing.
  explicit operator bool() const noexcept { return core_ != nullptr; }
  friend bool operator==(const client_socket& a, const client_socket& b) noexcept { return a.core_ == b.core_; }

 private:
  friend class client_emits<client_socket>;
  friend class emits<client_socket>;
  using core_ptr = std::shared_ptr<clients::socket_core>;
  const core_ptr& core() const noexcept { return core_; }
  static client_flags flags() noexcept { return {}; }
  detail::starting_place starts_at() const;
  task<report> emit_encoded(std::string_view event, event_data data) const;
  static task<> connect_within(core_ptr self, std::optional<std::chrono::milliseconds> within);
  task<arguments> wait_for(std::string event, std::optional<std::chrono::milliseconds> within) const;
  listener_handle add(std::string_view event, detail::listener_ptr listener, bool once, bool first) const;
  listener_handle add_any(std::function<task<>(std::string, arguments)> handler, bool first) const;
  listener_handle add_any_outgoing(std::function<task<>(std::string, arguments)> handler, bool first) const;

  core_ptr core_;
};

namespace detail {
task<arguments> ask_server(std::shared_ptr<clients::socket_core> to, client_flags flags, std::string event,
                           event_data data);
}  // namespace detail

template <class Self>
template <class F>
auto client_emits<Self>::changed(F change) const {
  client_flags flags = self().flags();
  change(flags);
  return client_operator(self().core(), flags);
}
template <class Self>
task<arguments> client_emits<Self>::ask(std::string_view event, event_data data) const {
  return detail::ask_server(self().core(), self().flags(), std::string(event), std::move(data));
}

}  // namespace cosio::inline v0_2
