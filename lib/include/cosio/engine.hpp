// Engine.IO: sessions that carry text and binary messages in order, over polling and WebSocket.
//
// A Socket.IO server stands on an engine (io.engine(), client().conn()). An engine can also be used alone:
//
//   cosio::http::app web;
//   const cosio::engine_server engine(web);  // on /engine.io
//   engine.on_connection([](cosio::engine_session session) {
//     session.on_message([session](cosio::message what) -> cosio::task<> { co_await session.send(what); });
//   });
//   web.run();

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/completion.hpp>
#include <cosio/hook.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>
#include <cosio/listener.hpp>
#include <cosio/middleware.hpp>
#include <cosio/options.hpp>
#include <cosio/question.hpp>
#include <cosio/reason.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

namespace engine {
class session;
class engine_core;
}  // namespace engine

/// One Engine.IO packet of a session: engine_session::on_packet() and on_packet_create() get one.
/// @par Threads  A value.
class session_packet {
 public:
  /// @param type  Its text must outlive the packet, as a literal does.
  session_packet(std::string_view type, message data) : type_(type), data_(std::move(data)) {}

  /// "open", "close", "ping", "pong", "message", "upgrade" or "noop".
  std::string_view type() const noexcept { return type_; }
  /// The bytes behind the type: of a message its text or its binary.
  const message& data() const noexcept { return data_; }

 private:
  std::string_view type_;
  message data_;
};

/// One client's Engine.IO session, across transports: engine_server::on_connection() and client::conn() give one.
///
/// A handle: copies name the same session, and keep its data. The session ends on its own terms, whether handles exist
/// or not; then open() is false, and send() reports `refused`.
/// @par Threads  Any, several at once.
/// @par Source   Engine.IO protocol, revisions 3 and 4.
class engine_session {
 public:
  /// A handle of nothing: only `explicit operator bool` and copying may be used.
  engine_session() = default;
  explicit engine_session(std::shared_ptr<engine::session> impl) : impl_(std::move(impl)) {}

  /// The session id. It is a credential: whoever knows it can act as the client. Do not show it to others, and do not
  /// log it.
  const std::string& id() const noexcept;
  /// "polling" or "websocket": the transport of this moment.
  std::string transport() const;
  /// The revision of Engine.IO that the client speaks: 3 or 4.
  unsigned protocol() const noexcept;
  /// The client's address without port; see options.trusted_proxies.
  std::string_view remote_address() const noexcept;
  /// The first request of the session, also after an upgrade.
  const http::request& request() const noexcept;
  /// False from the moment in which the end of the session is decided; the last bytes may still be on their way then.
  bool open() const noexcept;
  /// The bytes in the outbox: queued for the client, and not yet handed to a connection.
  std::size_t buffered() const noexcept;

  /// Queues a message. Messages reach the client in the order of these calls, each once.
  ///
  /// Text must be UTF-8: clients close the session at anything else.
  /// @par Completes     when the message is in the outbox. It waits while more than options.high_water_mark bytes are
  ///                    in there, and goes on below half of that.
  /// @par Cancellation  Ends the wait; the message stays queued.
  /// @return one `queued`, or one `refused` when the session has ended or is closing. A message that would take the
  ///         outbox above four times options.max_queued_bytes is refused, and ends the session: over_budget is 1 then.
  task<report> send(std::string_view text) const;
  /// The same for bytes.
  task<report> send(binary bytes) const;
  /// The same for a message, such as one that on_message() got.
  task<report> send(const message& what) const;
  /// Waits until everything in the outbox has been handed to the operating system (polling: to the response of a GET).
  /// Only an answer of the client can tell that it has read the messages.
  ///
  /// @par Cancellation  The wait ends; the outbox is left alone.
  /// @return false when the session ended first, or has ended: the rest of the outbox is lost.
  task<bool> drained() const;
  /// Closes the session, with the reason `forced close`. New messages are refused from now on.
  ///
  /// @param discard  Ends it at once: the outbox is dropped, but a GET that is held takes the outbox along. Otherwise
  ///                 the outbox is sent first; a polling client has 30 seconds to fetch it.
  /// @par Completes     when the end is decided, which may be before the last bytes have left.
  /// @par Cancellation  The session closes all the same.
  task<> close(bool discard = false) const;

  /// Sets the handler for messages, a coroutine or a plain function, in place of the one before. It is started for
  /// every message in order; the next message does not wait for the end of a handler that suspends. While
  /// options.max_handlers_in_flight handlers run, messages wait, up to options.max_held_bytes; above that nothing more
  /// is read. Messages that wait when the session ends are dropped. An exception of a handler is logged.
  ///
  /// Set it in on_connection(): messages that come while there is no handler are dropped.
  /// @throws error errc::not_supported for a session of a Socket.IO server, which reads the messages itself. The other
  ///               functions that listen work there, too: io.engine().on_connection(), socket::conn().
  /// @par Strand  The client's.
  void on_message(detail::handler<message> handler) const;
  /// Adds a handler that is called once, when the client has moved from polling to WebSocket. It is dropped when that
  /// was before. This handler and the next are plain functions or coroutines.
  /// @par Strand  The client's.
  void on_upgrade(hook<> handler) const;
  /// Adds a handler that is called once, when the session has ended; at once, when that was before. buffered() still
  /// tells how many bytes the client did not get.
  /// @par Strand  The client's.
  void on_close(hook<reason> handler) const;
  /// Adds a handler for every packet that the client sends, heartbeats among them, before the packet is handled. The
  /// packets of a probe and a close packet are not told. Each handler costs a copy of every packet.
  ///
  /// Coroutines of on_packet(), on_packet_create() and on_heartbeat() are counted together, and beside the handlers of
  /// messages. While options.max_handlers_in_flight of them run, or hold options.max_held_bytes bytes (each its packet,
  /// and 1,024 more), nothing more is read from the client. Plain functions need no such limit.
  /// @par Strand  The client's.
  void on_packet(hook<session_packet> handler) const;
  /// Adds a handler for every packet that is queued for the client from now on, heartbeats among them. It is called
  /// soon after the packet was queued; by then the packet may be on its way. The packets that one thread sends are told
  /// in their order. Packets of the application are not held up by coroutines that wait, such as those of a broadcast:
  /// only the reading pauses.
  /// @par Strand  The client's.
  void on_packet_create(hook<session_packet> handler) const;
  /// Adds a handler for every heartbeat of the client: a pong in revision 4, a ping in revision 3.
  /// @par Strand  The client's.
  void on_heartbeat(hook<> handler) const;

  /// The client's strand, for timers and coroutines of the application: cosio::spawn(session.get_executor(), …). What
  /// runs there never runs at the same time as a handler of this client. Keep a handle of the session, or the
  /// application itself, as long as the executor.
  boost::asio::any_io_executor get_executor() const;

  /// The request of the transport that is in use.
  ///
  /// - While the packets of a POST are handled, and while its body comes: that POST. A handler sees it until it waits
  ///   for the first time.
  /// - On a WebSocket that the client has upgraded to: the Upgrade request, when a handler of on_upgrade() was added
  ///   before that request came, as in on_connection(). It stays in memory as long as the session.
  /// - Otherwise, and outside of the client's strand: request().
  /// @return a handle: what it names lives as long as a copy of it.
  http::request current_request() const;

  /// The memory that the server keeps for the client. It is what options.max_client_bytes limits.
  /// @par Completes     on the client's strand; the caller resumes where it was.
  /// @par Cancellation  The wait ends with boost::asio::error::operation_aborted.
  task<client_memory> memory() const;

  // The same for callers that are no coroutines: see completion.hpp. They start on the client's strand.

  /// As send(). @param token  For `void(std::exception_ptr, cosio::report)`.
  template <class Token>
  auto async_send(Token&& token, std::string_view text) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), send(text));
  }
  template <class Token>
  auto async_send(Token&& token, binary bytes) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), send(std::move(bytes)));
  }
  template <class Token>
  auto async_send(Token&& token, const message& what) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), send(what));
  }
  /// As drained(). @param token  For `void(std::exception_ptr, bool)`.
  template <class Token>
  auto async_drained(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), drained());
  }
  /// As close(). @param token  For `void(std::exception_ptr)`.
  template <class Token>
  auto async_close(Token&& token, bool discard = false) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), close(discard));
  }
  /// As memory(). @param token  For `void(std::exception_ptr, cosio::client_memory)`.
  template <class Token>
  auto async_memory(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), memory());
  }

  /// The application's data of this session. `{}` until it is set. It is copied each way: change the copy and set it
  /// again. It stays readable after the end.
  boost::json::value data() const;
  /// Sets the data.
  void data(boost::json::value value) const;
  /// The data as a T: `const profile who = session.data<profile>()`.
  /// @throws error errc::conversion when it does not fit, as `{}` may not.
  template <class T>
  T data() const {
    return detail::from_json<T>(data(), "the data of the session");
  }
  /// Sets the data to any value that an event could carry, but binary: a described struct, a map.
  /// @throws error errc::bad_argument for binary.
  template <class T>
    requires(!std::is_convertible_v<const T&, boost::json::value>)
  void data(const T& value) const {
    data(detail::to_json(value));
  }

  /// False for a handle of nothing. It stays true when the session has ended.
  explicit operator bool() const noexcept { return impl_ != nullptr; }
  /// For the library.
  const std::shared_ptr<engine::session>& internals() const noexcept { return impl_; }

 private:
  detail::starting_place starts_at() const;

  std::shared_ptr<engine::session> impl_;
};

/// A handshake or request that was refused: the answer that the client got, and the cause in detail.
/// engine_server::on_connection_error() gets one.
class connection_error {
 public:
  connection_error(http::request request, int code, std::string message, std::string context)
      : request_(std::move(request)), code_(code), message_(std::move(message)), context_(std::move(context)) {}

  /// The request that was refused.
  const http::request& request() const noexcept { return request_; }
  /// The code on the wire: 0 transport unknown, 1 session id unknown, 2 bad handshake method, 3 bad request,
  /// 4 forbidden, 5 unsupported protocol version.
  int code() const noexcept { return code_; }
  /// The message that belongs to the code.
  const std::string& message() const noexcept { return message_; }
  /// The cause, for logs: "TRANSPORT_MISMATCH", "ORIGIN_NOT_ALLOWED: …", "LIMIT_REACHED: options.max_sessions", …
  const std::string& context() const noexcept { return context_; }

 private:
  http::request request_;
  int code_;
  std::string message_;
  std::string context_;
};

/// An Engine.IO server on a path of an application. A handle: copies name the same engine, which lives as long as the
/// application does.
///
/// Hooks that throw harm nobody: the exception is logged. Of the hooks, on_connection() and use() add one more; the
/// others replace the one before. A hook is a plain function or a coroutine, but those that change headers are plain
/// functions. A coroutine is started, and the engine goes on when it waits for the first time.
/// @par Threads  Register hooks before the application listens; they are read without a lock. clients_count() and
///               close(): any.
class engine_server {
 public:
  /// Attaches an engine to an application.
  /// @throws error errc::bad_argument for options that cannot be meant: a cookie that breaks the rules, a window or
  ///               level of deflate_options out of range, an entry of trusted_proxies that is no address, a
  ///               proxy_header that is unknown. Also when another engine or server of the application gets the
  ///               requests for options.path.
  explicit engine_server(http::app& app, engine_options options = {});
  explicit engine_server(std::shared_ptr<engine::engine_core> impl) : impl_(std::move(impl)) {}

  /// Adds a hook for new sessions. It is called before the first message is read. Messages that it sends follow the
  /// open packet and options.initial_packet; in polling they are the answer to the first GET.
  /// @par Strand  The new client's.
  void on_connection(hook<engine_session> handler) const;
  /// Sets the hook that is told of every handshake and every other request that is refused. While 256 coroutines of it
  /// run, no other one is started: the log has a line at level warn for the request that is not told.
  /// @par Strand  The connection's. A coroutine goes on without it: on the application's executor, several at once.
  void on_connection_error(hook<const connection_error&> handler) const;
  /// Sets a hook that may change the headers of the handshake's response: of the first 200 of polling, or
  /// of the 101 of a WebSocket.
  /// @par Strand  The connection's.
  void on_initial_headers(plain_hook<http::response&, const http::request&> handler) const;
  /// Sets a hook that may change the headers of every 200 and 101 of this engine. For the handshake it runs after that
  /// of on_initial_headers().
  /// @par Strand  The connection's.
  void on_headers(plain_hook<http::response&, const http::request&> handler) const;
  /// Adds middleware. It runs before everything else, in the order of registration, for every plain request and every
  /// Upgrade request of this engine. Only preflight requests are answered before (but see
  /// origin_policy::preflight_continue).
  ///
  ///     engine.use([](cosio::http::request asked, cosio::http::response& head, cosio::next go) -> cosio::task<> {
  ///       head.set("X-Served-By", "node 7");  // goes out with the answer, and with 101
  ///       co_await go();                      // without it, `head` is the answer, with its status and its body
  ///     });
  ///
  /// A header that the engine sets itself wins over one of `head`; Set-Cookie is added, Vary is joined. The body of a
  /// POST is not read yet. A middleware that answers an Upgrade request ends the connection. An exception refuses the
  /// request with code 3 (`MIDDLEWARE_FAILURE`), and is logged.
  ///
  /// Middleware that only looks at the request and sets headers takes no `cosio::next`, and may be a plain function.
  /// Then the request goes on when it returns.
  /// @par Strand  The connection's. `head` lives until the middleware returns.
  void use(detail::middleware<http::request, http::response&> middleware) const;
  /// Sets a hook, a plain function or a coroutine, that makes session ids in place of the random ones. Ids are
  /// credentials, so they must be unguessable. An id that is in use, an empty one and an exception refuse the handshake
  /// with code 3 (`ID_GENERATION_ERROR`), and are logged.
  /// @par Strand  The connection's.
  void generate_id(detail::question<std::string, http::request> make) const;

  /// The number of sessions, those that are closing included.
  std::size_t clients_count() const noexcept;
  /// Closes every session at once, with the reason `forced close`, and drops what is queued. New handshakes are refused
  /// with code 3 (`SERVER_CLOSING`) and status 503, until the application listens again.
  ///
  /// @par Completes     when the connections of all sessions are closed.
  /// @par Cancellation  The wait ends; closing goes on.
  task<> close() const;
  /// As close(), for callers that are no coroutines: see completion.hpp.
  /// @param token  For `void(std::exception_ptr)`.
  template <class Token>
  auto async_close(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), close());
  }

  /// The executor of the application's io_context, for timers and coroutines that belong to no session. Several threads
  /// may run it.
  boost::asio::any_io_executor executor() const;

  /// For the library.
  const std::shared_ptr<engine::engine_core>& internals() const noexcept { return impl_; }

 private:
  detail::starting_place starts_at() const;

  std::shared_ptr<engine::engine_core> impl_;
};

}  // namespace cosio::inline v0_2
