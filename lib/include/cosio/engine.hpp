// Engine.IO by itself: sessions that carry messages, over polling and WebSocket. What a server stands on, and what can be used alone.

#pragma once
#include <cosio/binary.hpp>
#include <cosio/http.hpp>
#include <cosio/listener.hpp>
#include <cosio/middleware.hpp>
#include <cosio/options.hpp>
#include <cosio/reason.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cosio {

namespace engine {
class session;
class engine_core;
}  // namespace engine

/// One client's Engine.IO life, across transports. A handle: copies name the same session.
///
/// @par Threads  Any.
class engine_session {
 public:
  engine_session() = default;
  explicit engine_session(std::shared_ptr<engine::session> impl) : impl_(std::move(impl)) {}

  /// The session id. A credential: who knows it can act as the client.
  const std::string& id() const noexcept;
  std::string transport() const;       ///< "polling" or "websocket", now
  unsigned protocol() const noexcept;  ///< Engine.IO revision, 3 or 4
  std::string_view remote_address() const noexcept;
  /// The first request, also after an upgrade.
  const http::request& request() const noexcept;
  bool open() const noexcept;             ///< false from the moment in which its end is decided
  std::size_t buffered() const noexcept;  ///< bytes queued for the client

  /// Queues a message; messages reach the client in this order, each once.
  /// @par Completes  when it is queued; waits while the queue is above the high-water mark.
  /// @par Cancellation  Ends the wait; the message stays queued.
  /// @return what became of it: `refused` when the session has ended.
  task<report> send(std::string_view text) const;
  task<report> send(binary bytes) const;
  task<report> send(const message& what) const;
  /// Waits until everything that is queued has been handed to the connection (polling: to the response of a GET).
  /// @return false when the session ended first, or has ended: what was queued is lost.
  /// @par Cancellation  The wait ends; the queue is left alone.
  task<bool> drained() const;
  /// Closes after what is queued has been sent; with `discard`, at once.
  task<> close(bool discard = false) const;

  /// Called for every message, in order, on the client's strand. The next message does not wait for the handler's end.
  void on_message(std::function<task<>(message)> handler) const;
  /// Called once, on the client's strand, when the client has moved from polling to WebSocket.
  void on_upgrade(std::function<void()> handler) const;
  /// Called once, on the client's strand. buffered() still tells how many bytes the client did not get.
  void on_close(std::function<void(reason)> handler) const;

  explicit operator bool() const noexcept { return impl_ != nullptr; }
  const std::shared_ptr<engine::session>& internals() const noexcept { return impl_; }

 private:
  std::shared_ptr<engine::session> impl_;
};

/// A refused handshake or request: what the client was told, and what went wrong in detail.
class connection_error {
 public:
  connection_error(http::request request, int code, std::string message, std::string context)
      : request_(std::move(request)), code_(code), message_(std::move(message)), context_(std::move(context)) {}

  const http::request& request() const noexcept { return request_; }
  int code() const noexcept { return code_; }  ///< 0 … 5, as on the wire
  const std::string& message() const noexcept { return message_; }
  const std::string& context() const noexcept { return context_; }  ///< "TRANSPORT_MISMATCH", …

 private:
  http::request request_;
  int code_;
  std::string message_;
  std::string context_;
};

/// An Engine.IO server on a path of an application. A handle: copies name the same engine.
///
/// @par Threads  Any; register handlers before the application listens.
class engine_server {
 public:
  explicit engine_server(
      http::app& app,
      engine_options options = {});  ///< @throws error errc::bad_argument for options that cannot be meant
  explicit engine_server(std::shared_ptr<engine::engine_core> impl) : impl_(std::move(impl)) {}

  // Of the hooks below, on_connection() and use() add one more; the others replace the one before.

  /// Called on the new client's strand, before its first message is read.
  void on_connection(std::function<void(engine_session)> handler) const;
  /// Told of every handshake and request that is refused, on the connection's strand.
  void on_connection_error(std::function<void(const connection_error&)> handler) const;
  /// May change the head of the handshake's response.
  void on_initial_headers(std::function<void(http::response&, const http::request&)> handler) const;
  /// May change the head of every 200 and 101 of this engine.
  void on_headers(std::function<void(http::response&, const http::request&)> handler) const;
  /// Runs before everything else, in the order of registration, for every plain request and every Upgrade request of this engine; preflight
  /// requests alone are answered before.
  ///
  ///     engine.use([](cosio::http::request asked, cosio::http::response& head, cosio::next go) -> cosio::task<> {
  ///       head.set("X-Served-By", "node 7");  // goes out with the answer, and with 101
  ///       co_await go();                      // without it, `head` is the answer, with its status and its body
  ///     });
  ///
  /// What the engine says itself under the same name stands; Set-Cookie is added, Vary is joined. The body of a POST is not read yet.
  /// A middleware that answers an Upgrade request ends the connection. What it throws refuses the request with code 3
  /// (`MIDDLEWARE_FAILURE`).
  /// @par Strand  The connection's. `head` lives until the middleware returns.
  void use(std::function<task<>(http::request, http::response&, next)> middleware) const;
  /// Makes session ids instead of the random ones. An id that exists refuses the handshake.
  void generate_id(std::function<task<std::string>(http::request)> make) const;

  std::size_t clients_count() const noexcept;  ///< open sessions
  /// Closes every session at once, dropping what is queued.
  task<> close() const;

  const std::shared_ptr<engine::engine_core>& internals() const noexcept { return impl_; }

 private:
  std::shared_ptr<engine::engine_core> impl_;
};

}  // namespace cosio
