// The Socket.IO server: namespaces, on a path of a port.
//
//   cosio::options opts;
//   opts.port = 3000;
//   cosio::server io(opts);
//   io.on_connection([](cosio::socket user) { user.on("say", [](std::string text) { return text.size(); }); });
//   io.run();

#pragma once
#include <cosio/engine.hpp>
#include <cosio/hook.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>
#include <cosio/metrics.hpp>
#include <cosio/nsp.hpp>
#include <cosio/options.hpp>
#include <cosio/question.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

namespace socketio {
class server_core;
}

namespace detail {

// Calls the application's hook, and converts its result to JSON.
template <class F>
task<boost::json::value> run_identify(std::shared_ptr<F> who, http::request request) {
  using result = std::invoke_result_t<F&, http::request>;
  if constexpr (is_task<result>) {
    auto work = checked((*who)(std::move(request)));
    const auto value = co_await std::move(work);
    co_return to_json(value);
  } else {
    co_return to_json((*who)(std::move(request)));
  }
}

template <class F>
std::function<task<boost::json::value>(http::request)> make_identify(F&& who) {
  constexpr bool fits = std::is_invocable_v<std::decay_t<F>&, http::request>;
  static_assert(fits,
                "cosio: identify() takes a function of a cosio::http::request; it returns a value or a task of one");
  if constexpr (fits) {
    auto kept = std::make_shared<std::decay_t<F>>(std::forward<F>(who));
    return [kept](http::request request) { return run_identify(kept, std::move(request)); };
  } else {
    return {};
  }
}

// The second argument of server::of(), which lives as long as the call, as a function that completes a namespace.
template <class Nsp, class F>
std::function<void(Nsp)> configuring(F&& how) {
  if constexpr (std::is_invocable_v<std::decay_t<F>&, socket> || takes_typed_socket<std::decay_t<F>>) {
    return [&how](const Nsp& made) { made.on_connection(std::forward<F>(how)); };
  } else {
    constexpr bool fits = std::is_invocable_v<F&, Nsp>;
    static_assert(
        fits,
        "cosio: of() takes a connection handler, or a function of the cosio::nsp that it makes (for a pattern "
        "or a predicate: of the cosio::parent_nsp)");
    if constexpr (fits) {
      static_assert(!must_be_awaited<std::invoke_result_t<F&, Nsp>>,
                    "cosio: this function is a plain function: start a coroutine in it with cosio::spawn");
      return [&how](Nsp made) { how(std::move(made)); };
    } else {
      return {};
    }
  }
}

// Whether a callable that is no connection handler can be given to server::on(). Does not compile when it cannot.
template <class F>
consteval bool check_server_handler() {
  constexpr bool fits = std::is_invocable_v<F&, nsp>;
  static_assert(fits,
                "cosio: a handler of server::on() takes cosio::socket by value (\"connection\") or cosio::nsp "
                "(\"new_namespace\"); the events of a client belong to its socket: user.on(…) in a connection handler");
  return fits;
}

}  // namespace detail

/// The stages of server::close(close_options).
/// @par Threads  A value.
class close_options {
 public:
  close_options() = default;
  explicit close_options(std::chrono::milliseconds within) : deadline(within) {}

  /// The time for all stages. Then everything that is still open is cut.
  std::chrono::milliseconds deadline{10'000};
  /// The time over which clients are disconnected one after the other, so that they do not come back elsewhere all at
  /// once. It is limited by the deadline.
  std::chrono::milliseconds spread{0};
  /// The time that a client has for the acknowledgements that it owes when its turn has come. Until they have come it
  /// is served as before. It is limited by the deadline.
  std::chrono::milliseconds answer_time{1'000};
  /// Whether the server's own port is open for the clients that are still here, until all have gone: their polling may
  /// need new connections. New sessions are refused there with status 503, which makes proxies ask another server.
  /// False: the port is closed first, and new connections go elsewhere. Not set: false when other processes listen on
  /// the same socket (options.sockets, options.reuse_port, a successor), and true otherwise.
  std::optional<bool> keep_port;
  /// An event that is sent to every socket first, with `spread` in milliseconds as its argument. Empty: no event.
  std::string event;
};

/// A Socket.IO server.
///
/// A handle: copies name the same server.
///   - A server that owns its port lives as long as one of its handles. When the last handle goes, the port goes along,
///     and all clients with it.
///   - A server that shares the port of an application, or that is bound to an engine, lives as long as one of its
///     handles or clients. Afterwards nobody serves new clients on its path: keep a handle.
/// A handler that the library keeps holds no handle by value: see docs/lifetimes.md.
/// @par Threads  Any. Register handlers before the server listens, so that no client comes too early.
class server : public narrows<server>, public emits<server>, public manages<server> {
 public:
  /// Owns its port (options.host, options.port) and its threads; run() serves.
  /// @throws error errc::bad_argument for options that cannot be meant, as all constructors do: a cookie that breaks
  ///               the rules, a number of deflate_options out of range, a proxy in trusted_proxies that is no address,
  ///               a proxy_header that is unknown.
  explicit server(const cosio::options& opts);
  /// Shares the port of an application; app.run() serves.
  /// @throws error errc::bad_argument also when another server or engine of the application gets the requests for
  ///               options.path: the one at the same path, or at a shorter one that it begins with.
  explicit server(http::app& app, const cosio::options& opts);
  /// Owns its port, but lives on the caller's io_context and starts no thread.
  /// @throws error errc::not_supported for an executor that belongs to no io_context.
  explicit server(boost::asio::any_io_executor executor, const cosio::options& opts);
  /// Makes clients of the sessions of an engine, and opens no port: see bind().
  explicit server(const engine_server& engine, const cosio::options& opts);
  /// The same four with the default options. They are no default arguments: users' files would compile these options.
  explicit server();
  explicit server(http::app& app);
  explicit server(boost::asio::any_io_executor executor);
  explicit server(const engine_server& engine);
  explicit server(std::shared_ptr<socketio::server_core> core) noexcept;
  server(const server& other) noexcept;
  server(server&& other) noexcept;
  server& operator=(const server& other) noexcept;
  server& operator=(server&& other) noexcept;
  ~server();

  /// The namespace of that name, which is made on first use. A leading '/' is added.
  nsp of(std::string_view name) const;
  /// Makes namespaces whose names match, when a client wants to join one, or of(name) asks for it.
  parent_nsp of(const pattern& names) const;
  /// Makes namespaces that `allow(name, handshake)` agrees to, when a client wants to join one. It returns a bool or a
  /// task<bool>. Patterns and predicates are tried in the order of registration; when none agrees, the client gets
  /// `Invalid namespace`. When one has thrown and none agrees, the client gets the message and data of a
  /// cosio::refusal, and `internal error` for any other exception, which is logged.
  /// @par Strand  That of the client which asks.
  parent_nsp of(detail::question<bool, std::string, handshake> allow) const;
  /// The same three, with the handlers and the middleware that must be there before the first client. `how` is one of
  /// - a connection handler, which takes a socket: `io.of("/news", f)` is `io.of("/news").on_connection(f)`;
  /// - a function that takes the cosio::nsp (for a pattern or a predicate: the cosio::parent_nsp), and registers what
  ///   the namespace needs: `io.of("/admin", [](cosio::nsp made) { made.use(only_admins); })`. Its exception reaches
  ///   the caller, and a namespace that it was to complete does not exist then.
  ///
  /// A client that asks for a new namespace finds it when `how` is registered, or has returned. For a namespace that
  /// exists already `how` is registered, or called, at once.
  template <class F>
  nsp of(std::string_view name, F&& how) const {
    return make(name, detail::configuring<nsp>(std::forward<F>(how)));
  }
  template <class F>
  parent_nsp of(const pattern& names, F&& how) const {
    return make(names, detail::configuring<parent_nsp>(std::forward<F>(how)));
  }
  template <class F>
  parent_nsp of(detail::question<bool, std::string, handshake> allow, F&& how) const {
    return make(std::move(allow).release(), detail::configuring<parent_nsp>(std::forward<F>(how)));
  }
  /// of("/")
  nsp sockets() const;
  /// Adds a handler that is told of every namespace that is made later, but "/": `handler(cosio::nsp made)`. Clients
  /// that ask for the namespace wait until it has returned, and pass the middleware that it adds: so it is a plain
  /// function. When it throws, the namespace is not made: of() throws the same, and a client that asks is refused as by
  /// middleware that throws.
  /// @par Threads  That of the caller of of(), or the strand of the client that asks.
  const server& on_new_namespace(plain_hook<nsp> handler) const;

  // The functions of the namespace "/", as if they were called on sockets(); see nsp. emit(), to() and the others of
  // the base classes are those of "/", too.

  /// As nsp::use.
  const server& use(detail::middleware<socket&> middleware) const {
    return sockets().use(std::move(middleware)), *this;
  }
  /// As nsp::on_connection.
  template <class F>
  const server& on_connection(F&& handler) const {
    return sockets().on_connection(std::forward<F>(handler)), *this;
  }
  /// The same, and the handler's coroutine is cancelled when its socket leaves.
  template <class F>
  const server& on_connection(F&& handler, stops_with_client_t how) const {
    return sockets().on_connection(std::forward<F>(handler), how), *this;
  }
  /// The same as on_connection() for the names "connection" and "connect", and as on_new_namespace() for
  /// "new_namespace" with a handler of a cosio::nsp.
  /// @throws error errc::bad_argument for another name.
  template <class F>
  const server& on(std::string_view event, F&& handler) const {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, socket> || detail::takes_typed_socket<std::decay_t<F>>) {
      return sockets().on(event, std::forward<F>(handler)), *this;
    } else if constexpr (detail::check_server_handler<std::decay_t<F>>()) {
      check_new_namespace(event);
      return on_new_namespace(std::forward<F>(handler));
    } else {
      return *this;
    }
  }
  /// As nsp::on_error.
  const server& on_error(hook<socket, const socket_error&> handler) const {
    return sockets().on_error(std::move(handler)), *this;
  }
  /// As nsp::sequential.
  const server& sequential(bool on = true) const { return sockets().sequential(on), *this; }
  /// As nsp::on_server_side.
  template <class F>
  listener_handle on_server_side(std::string_view event, F&& handler) const {
    return sockets().on_server_side(event, std::forward<F>(handler));
  }

  /// The Engine.IO server below, for its hooks: session ids, headers, refusals, middleware.
  engine_server engine() const;

  // ---------------------------------------------------------------- settings
  // Functions without an argument return the value that holds at this moment. A server is attached to a port when it
  // listens, or at once when it shares the port of an application; some settings are fixed from then on.

  /// All options, with the values of this moment.
  cosio::options options() const;
  /// options.path.
  std::string path() const;
  /// Sets options.path. It has no effect once the server is attached, and the log says so.
  const server& path(std::string_view path) const;
  /// Whether the browser bundles are served.
  bool serve_client() const;
  /// Sets options.serve_client. It has no effect once the server is attached, and the log says so.
  const server& serve_client(bool on) const;
  /// The origin policy.
  origin_policy origins() const;
  /// Sets the origin policy, from the next request on: `io.origins("https://app.example")`,
  /// `io.origins([](std::string origin, http::request) -> task<bool> {…})`.
  const server& origins(origin_policy policy) const;
  /// options.connect_timeout.
  std::chrono::milliseconds connect_timeout() const;
  /// Sets options.connect_timeout, for clients that come from now on.
  const server& connect_timeout(std::chrono::milliseconds within) const;
  /// Sets options.adapter, and makes the adapters of all namespaces anew. Only before the first client.
  /// @throws error errc::already_running afterwards, since the new adapter would not know who is in which room.
  const server& adapter(std::function<std::shared_ptr<cosio::adapter>(adapter_host&)> factory) const;
  /// Sets options.identify, for clients that come from now on.
  /// @param who  Takes a http::request. It returns any value that JSON can hold (a described struct, a map), or a task
  ///             of one. Its exception refuses the client.
  template <class F>
  const server& identify(F&& who) const {
    return identify_with(detail::make_identify(std::forward<F>(who)));
  }

  /// Makes this server answer on the port of one more application.
  ///
  /// A server that would own its port, and has neither listened nor been attached yet, gives that port up: it runs on
  /// the application's threads, and listen(), run() and stop() belong to the application.
  /// @throws error errc::bad_argument when another server or engine of the application gets the requests for its path.
  const server& attach(http::app& app) const;
  /// The same, with other options than those with which it was made.
  /// @throws error errc::already_running when it has listened or been attached; errc::bad_argument for options that
  ///               cannot be meant, and for a path as above.
  const server& attach(http::app& app, cosio::options opts) const;
  /// Makes clients of all sessions that an engine opens from now on. engine() is this engine afterwards, and its own
  /// options hold for these sessions. A server that would own its port gives that up, as attach() says. Call it before
  /// clients connect.
  /// @throws error errc::not_supported when the server is attached already, and the engine runs on another io_context.
  const server& bind(const engine_server& engine) const;
  /// Makes a client of one session of an engine. Call it in the engine's on_connection(), so that no message is missed.
  /// Engine and server must run on one io_context. A session that has ended is ignored.
  /// @throws error errc::not_supported when messages of the session are handled already (on_message(), or another
  ///               server), and when this server is closing or closed. Away from the session's strand the log is
  ///               told instead.
  const server& adopt(const engine_session& session) const;

  /// Whether requests for this raw target (path and query) belong to this server: to its engine or browser bundles.
  bool owns(std::string_view target) const noexcept;
  /// For applications with an acceptor, or a whole HTTP server, of their own: these do the same as
  /// http::app::serve() and http::app::answer() of the application that this server is attached to. A server that would
  /// own its port does it without opening the port.
  /// @throws error errc::not_supported when the server is attached to no application that is alive.
  task<> serve(http::tcp_socket socket) const;
  task<> serve(http::tcp_socket socket, http::request asked, std::string rest = std::string()) const;
  task<> serve(http::any_stream stream) const;
  task<> serve(http::any_stream stream, http::request asked, std::string rest = std::string()) const;
  task<http::response> answer(http::request asked) const;

  /// Opens the port of a server that owns one.
  /// @return the port, which is of interest for options.port 0.
  /// @throws error errc::not_supported when it shares the port of an application; else as http::app::listen() does.
  std::uint16_t listen() const;
  /// Reads the files of options.tls again. New connections get the new certificate, open ones go on with theirs.
  /// @throws error errc::bad_certificate when a file cannot be used: the certificate before stays in force;
  ///               errc::not_supported without TLS, or when it shares the port of an application.
  void reload_certificates() const;
  /// The port of its own that is open; 0 when there is none.
  std::uint16_t port() const noexcept;
  /// Serves until stop(), on options.threads threads, this one among them. It listens first if that was not done, and
  /// then a line of the log says where: see http::app::run(). It does not return after close() alone.
  /// @throws error as listen() does.
  /// @throws std::system_error when a thread cannot be started, as http::app::run() does.
  void run() const;
  /// Lets run() return soon, with all connections left as they are: await close() before. If no run() is under way, the
  /// next one returns at once. It does nothing when the server shares the port of an application.
  /// @par Threads  Any.
  void stop() const noexcept;
  /// As run(), until the process gets SIGINT or SIGTERM. Then the server closes as close(how) does, and this returns. A
  /// second signal ends it at once, as stop() does. While it runs, neither signal kills the process; afterwards both do
  /// again. A server that shares the port of an application runs that application, and closes it behind itself. It may
  /// be called again, as http::app::run_until_signal() says.
  /// @throws error as run() does; errc::not_supported when there is no application that is alive; errc::already_running
  ///               when an earlier call, or its close, is not over.
  void run_until_signal(close_options how = close_options()) const;
  /// The same with this deadline, without spread and event.
  void run_until_signal(std::chrono::milliseconds deadline) const;

  /// Starts work of the application that ends with the server: a clock, a queue, a subscription. It begins after this
  /// has returned. Nobody waits for it but close(), which cancels it once, at the beginning (`terminal`), and goes on
  /// to the end when the work has ended or the deadline is over. Work that awaits a close() itself is not cancelled.
  ///
  /// Its exception is logged at level error, the one that a cancelled coroutine ends with is not. The work should hold
  /// the server by reference: see docs/lifetimes.md.
  /// @throws error errc::cancelled when the server is closing or closed; it may listen again.
  /// @par Threads  Any. The work runs on a strand of its own, of the io_context that the server has at this moment:
  ///               call it after attach() and bind().
  void spawn(task<> work) const;

  /// Closes at once: disconnects every socket (reason `server shutting down`), closes every session and, when it owns
  /// one, the port. The outboxes are dropped. Clients are told nothing, so that they come back, here or elsewhere. With
  /// connection state recovery their state is kept before the adapters close, within options.close_timeout.
  ///
  /// @par Completes     when every connection is closed, and all work of spawn() has ended. The server may then listen
  ///                    as before.
  /// @par Cancellation  The wait ends; stages that have not begun are left out.
  task<> close() const;
  /// Closes in stages:
  ///   1. The port is closed, unless close_options::keep_port says otherwise; see http::app::stop_listening(). New
  ///      sessions are refused, and work of spawn() is cancelled.
  ///   2. Every socket is sent close_options::event, if there is one.
  ///   3. Every socket is disconnected (reason `server shutting down`), spread over close_options::spread, behind the
  ///      answers that its client owes (close_options::answer_time). Nothing is sent, so that clients come back
  ///      elsewhere. Handlers that run go on, and their acknowledgements reach the client, whose session closes when
  ///      the last of them has ended, and the adapter has kept its state for connection state recovery.
  ///   4. The outboxes are sent. A client on polling to which only the end is to be told has options.close_timeout to
  ///      ask; one that has asked for nothing since its handshake has no more time.
  ///   5. What is open at the deadline is cut. Clients have no more time to answer a close frame, and nobody waits any
  ///      longer for work of spawn().
  ///
  /// @par Completes     when every connection is closed; soon after the deadline at the latest.
  /// @par Cancellation  The wait ends; stages that have not begun are left out. New sessions stay refused.
  task<> close(close_options how) const;
  /// The same with this deadline, without spread and event.
  task<> close(std::chrono::milliseconds deadline) const;
  /// The three for callers that are no coroutines: see completion.hpp. Somebody must run the io_context meanwhile.
  /// @param token  A completion token for `void(std::exception_ptr)`.
  template <class Token>
  auto async_close(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), close());
  }
  template <class Token>
  auto async_close(Token&& token, close_options how) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), close(std::move(how)));
  }
  template <class Token>
  auto async_close(Token&& token, std::chrono::milliseconds deadline) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), close(deadline));
  }

  /// A snapshot of the figures of this server. It costs as much as adding up some thousand numbers.
  cosio::metrics metrics() const;

  /// The executor of the server's io_context, for timers and coroutines of the application (cosio::spawn). Several
  /// threads may run it.
  boost::asio::any_io_executor executor() const;
  /// For the library.
  const std::shared_ptr<socketio::server_core>& internals() const noexcept { return core_; }

 private:
  friend class narrows<server>;
  friend class emits<server>;
  friend class manages<server>;
  detail::starting_place starts_at() const { return sockets().starts_at(); }
  broadcast_operator operator_for_rooms() const { return sockets().operator_for_rooms(); }
  broadcast_operator operator_for_flags() const { return sockets().operator_for_flags(); }
  task<report> emit_encoded(std::string_view event, event_data data) const;
  static void check_new_namespace(std::string_view event);
  nsp make(std::string_view name, const std::function<void(nsp)>& configure) const;
  parent_nsp make(const pattern& names, const std::function<void(parent_nsp)>& configure) const;
  parent_nsp make(std::function<task<bool>(std::string, handshake)> allow,
                  const std::function<void(parent_nsp)>& configure) const;
  const server& identify_with(std::function<task<boost::json::value>(http::request)> who) const;

  std::shared_ptr<socketio::server_core> core_;
  std::shared_ptr<void> owner_;  // of the port, when the server has one
};

}  // namespace cosio::inline v0_2
