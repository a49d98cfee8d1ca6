// The server: namespaces on a path of an application.

#pragma once
#include <cosio/engine.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>
#include <cosio/metrics.hpp>
#include <cosio/nsp.hpp>
#include <cosio/options.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio {

namespace socketio {
class server_core;
}

namespace detail {

template <class F>
task<boost::json::value> run_identify(std::shared_ptr<F> who, http::request request) {
  using result = std::invoke_result_t<F&, http::request>;
  if constexpr (is_task<result>) {
    auto work = (*who)(std::move(request));
    const auto value = co_await std::move(work);
    co_return to_json(value);
  } else {
    co_return to_json((*who)(std::move(request)));
  }
}

template <class F>
std::function<task<boost::json::value>(http::request)> make_identify(F&& who) {
  auto kept = std::make_shared<std::decay_t<F>>(std::forward<F>(who));
  return [kept](http::request request) { return run_identify(kept, std::move(request)); };
}

}  // namespace detail

/// How a server parts from its clients.
class close_options {
 public:
  close_options() = default;
  explicit close_options(std::chrono::milliseconds within) : deadline(within) {}

  std::chrono::milliseconds deadline{10'000};  ///< for all of it; then everything that is still open is cut
  /// Clients are disconnected one after the other over this time, so that they do not come back elsewhere all at once. At most the deadline.
  std::chrono::milliseconds spread{0};
  /// Sent to every socket first, with the milliseconds of `spread`; empty: nothing is sent.
  std::string event;
};

/// A Socket.IO server. A handle: copies name the same server, which lives as long as one of them or one of its clients.
///
/// @par Threads  Any; register handlers before it listens.
class server : public narrows<server>, public emits<server>, public manages<server> {
 public:
  /// Owns its port (options.host, options.port) and its threads; run() serves.
  explicit server(cosio::options opts = {});
  /// Shares the port of an application; app.run() serves.
  explicit server(http::app& app, cosio::options opts = {});
  /// Owns its port, but runs on the caller's io_context and starts no thread.
  explicit server(boost::asio::any_io_executor executor, cosio::options opts = {});
  /// Works on an engine that exists, and opens no port: see bind().
  explicit server(const engine_server& engine, cosio::options opts = {});
  explicit server(std::shared_ptr<socketio::server_core> core) noexcept : core_(std::move(core)) {}

  /// The namespace of that name, made on first use; a leading '/' is added.
  nsp of(std::string_view name) const;
  /// Makes namespaces whose names match, when a client asks for one.
  parent_nsp of(const pattern& names) const;
  /// Asks `allow(name, handshake)` whether to make a namespace that nobody has made. Patterns and predicates are tried in the order of
  /// registration. What it throws counts as no, and is logged.
  parent_nsp of(std::function<task<bool>(std::string, handshake)> allow) const;
  /// The same three, with a connection handler: `io.of("/news", handler)` is `io.of("/news").on_connection(handler)`.
  template <class F>
  nsp of(std::string_view name, F&& on_connection) const {
    return of(name).on_connection(std::forward<F>(on_connection));
  }
  template <class F>
  parent_nsp of(const pattern& names, F&& on_connection) const {
    return of(names).on_connection(std::forward<F>(on_connection));
  }
  template <class F>
  parent_nsp of(std::function<task<bool>(std::string, handshake)> allow, F&& on_connection) const {
    return of(std::move(allow)).on_connection(std::forward<F>(on_connection));
  }
  /// of("/")
  nsp sockets() const { return of("/"); }
  /// Told of every namespace that is made, but "/": `handler(cosio::nsp made)`.
  const server& on_new_namespace(std::function<void(nsp)> handler) const;

  // Everything of the namespace "/".
  const server& use(detail::nsp_middleware middleware) const { return sockets().use(std::move(middleware)), *this; }
  template <class F>
  const server& on_connection(F&& handler) const {
    return sockets().on_connection(std::forward<F>(handler)), *this;
  }
  template <class F>
  const server& on_connection(F&& handler, stops_with_client_t how) const {
    return sockets().on_connection(std::forward<F>(handler), how), *this;
  }
  /// on("connection", …) and on("connect", …) are on_connection, on("new_namespace", [](cosio::nsp made) {…}) is on_new_namespace.
  /// @throws error errc::bad_argument for another name.
  template <class F>
  const server& on(std::string_view event, F&& handler) const {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, socket>) {
      return sockets().on(event, std::forward<F>(handler)), *this;
    } else {
      check_new_namespace(event);
      return on_new_namespace(std::forward<F>(handler));
    }
  }
  const server& on_error(std::function<void(socket, const socket_error&)> handler) const {
    return sockets().on_error(std::move(handler)), *this;
  }
  const server& sequential(bool on = true) const { return sockets().sequential(on), *this; }
  template <class F>
  listener_handle on_server_side(std::string_view event, F&& handler) const {
    return sockets().on_server_side(event, std::forward<F>(handler));
  }

  /// The Engine.IO server below: session ids, headers, refusals.
  engine_server engine() const;

  // ---------------------------------------------------------------- settings
  // Getters give what holds now. A server that owns its port is attached to it when it listens, one that shares the port of an application at once.

  /// All of them, as they are now.
  cosio::options options() const;
  std::string path() const;
  /// No effect once the server is attached, which the log is told.
  const server& path(std::string_view path) const;
  /// Whether the browser bundles are served.
  bool serve_client() const;
  /// No effect once the server is attached, which the log is told.
  const server& serve_client(bool on) const;
  origin_policy origins() const;
  /// Counts from the next request: `io.origins("https://app.example")`, `io.origins([](std::string origin, http::request) -> task<bool> {…})`.
  const server& origins(origin_policy policy) const;
  std::chrono::milliseconds connect_timeout() const;
  /// Counts for clients that come from now on.
  const server& connect_timeout(std::chrono::milliseconds within) const;
  /// Makes the adapters anew, also of the namespaces that there are. Before the first client.
  /// @throws error errc::already_running afterwards: the new adapter would not know who is there.
  const server& adapter(std::function<std::shared_ptr<cosio::adapter>(adapter_host&)> factory) const;
  /// Says who a client is; see options.identify. Returns a task of, or at once, anything that JSON can hold. For clients that come from now on.
  template <class F>
  const server& identify(F&& who) const {
    return identify_with(detail::make_identify(std::forward<F>(who)));
  }

  /// Makes this server answer on one more application's port. One that would own its port, and has neither listened nor been attached yet,
  /// gives that up: it runs on the application's threads, and listen, run and stop belong to the application.
  const server& attach(http::app& app) const;
  /// The same, with other options than those it was made with. @throws error errc::already_running when it has listened or been attached.
  const server& attach(http::app& app, cosio::options opts) const;
  /// Makes clients of all sessions that an engine opens from now on; engine() is this one afterwards, and its options hold for them. A server
  /// that would own its port, and has neither listened nor been attached yet, gives that up, as attach() says. Before clients connect.
  /// @throws error errc::not_supported when the engine runs on another io_context than a server that is attached already.
  const server& bind(const engine_server& engine) const;
  /// Makes a client of one session of an engine; in the engine's on_connection(), so that no message is missed. Engine and server must run
  /// on one io_context.
  /// @throws error errc::not_supported when messages of the session are handled already (on_message(), or another server).
  const server& adopt(const engine_session& session) const;

  /// Whether requests for this raw target are this server's: the engine's, or the browser bundles'.
  bool owns(std::string_view target) const noexcept;
  /// For applications with an acceptor, or a whole HTTP server, of their own: what http::app::serve() and answer() do, on the application that
  /// this server is attached to. @throws error errc::not_supported when it is attached to none.
  task<> serve(http::tcp_socket socket) const;
  task<> serve(http::tcp_socket socket, http::request asked, std::string rest = std::string()) const;
  task<http::response> answer(http::request asked) const;

  /// Opens the port of a server that owns one. @return the port. @throws error errc::address_in_use, errc::bad_certificate.
  std::uint16_t listen() const;
  /// Reads the files of options.tls again, as http::app::reload_certificates() does. @throws error
  void reload_certificates() const;
  std::uint16_t port() const noexcept;  ///< 0 while it does not listen on one of its own
  /// Serves until stop(), on options.threads threads, this one among them; listens first if that was not done. For servers that own their port.
  void run() const;
  /// Lets run() return soon, from any thread; await close() before to part from clients. For servers that own their port.
  void stop() const noexcept;

  /// Disconnects every socket (reason `server shutting down`), closes every session and, when it owns one, the port. What is queued is dropped.
  /// @par Completes  when every connection is closed. The server may listen again afterwards.
  task<> close() const;
  /// In stages: lets nobody in any more; tells clients, if that is wanted; disconnects every socket (reason `server shutting down`; nothing is sent,
  /// so that clients come back elsewhere). Handlers that run go on, and their acknowledgements reach the client, which is parted from when the last of
  /// them has ended; what is queued is sent. What is open at the deadline is cut as close() does.
  /// @par Completes  when every connection is closed; soon after the deadline at the latest.
  task<> close(close_options how) const;
  /// The same with this deadline.
  task<> close(std::chrono::milliseconds deadline) const;

  /// What has been counted so far. Costs as much as adding up some thousand numbers.
  cosio::metrics metrics() const;

  /// What everything runs on: for timers and coroutines of the application (cosio::spawn).
  boost::asio::any_io_executor executor() const;
  const std::shared_ptr<socketio::server_core>& internals() const noexcept { return core_; }

 private:
  friend class narrows<server>;
  friend class emits<server>;
  friend class manages<server>;
  broadcast_operator operator_for_rooms() const { return sockets().operator_for_rooms(); }
  broadcast_operator operator_for_flags() const { return sockets().operator_for_flags(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;
  static void check_new_namespace(std::string_view event);
  const server& identify_with(std::function<task<boost::json::value>(http::request)> who) const;

  std::shared_ptr<socketio::server_core> core_;
  std::shared_ptr<void> owner_;  // of the port, when the server has one
};

}  // namespace cosio
