// A small HTTP server: one port for routes, static files, and the Socket.IO and Engine.IO servers that are attached.
//
//   cosio::http::app web;                              // port 3000, as many threads as processors
//   cosio::server io(web);                             // shares the port
//   web.get("/hello", [](cosio::http::request) { return cosio::http::response(200, "hello"); });
//   web.run();
//
// HTTP/1.1, RFC 9110 and RFC 9112. A server that owns its port has such an application inside.

#pragma once
#include <cosio/task.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace boost::asio {
template <typename Protocol, typename Executor>
class basic_stream_socket;
namespace ip {
class tcp;
}
}  // namespace boost::asio

namespace cosio::inline v0_2::http {

/// boost::asio::ip::tcp::socket. It is only declared here, because whoever has one has included
/// <boost/asio/ip/tcp.hpp>.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::any_io_executor>;

struct request_data;  // lib/http/request_data.hpp
class any_stream;     // <cosio/any_stream.hpp>

/// One request, complete with body. Routes, hooks and the handshake have one; request_builder makes one.
///
/// Copies are cheap and share the data. Views are valid as long as any copy lives.
/// @par Threads  Immutable: any.
class request {
 public:
  /// An empty request: all its parts are empty.
  request() = default;
  explicit request(std::shared_ptr<const request_data> data) noexcept : data_(std::move(data)) {}

  /// "GET", as the client sent it: methods have no case folding.
  std::string_view method() const noexcept;
  /// The raw path and query: "/a%20b?x=1".
  std::string_view target() const noexcept;
  /// The raw path without the query: "/a%20b".
  std::string_view path() const noexcept;

  /// The decoded value of a query parameter; of several with one name, the last. Nothing when it is absent.
  /// @throws std::bad_alloc when the query is decoded for the first time.
  std::optional<std::string_view> query(std::string_view name) const;
  /// The query parameters in their order, decoded, duplicates included. Those behind the first 1,000 are ignored, by
  /// query(), too.
  const std::vector<std::pair<std::string, std::string>>& queries() const;

  /// The value of a header, whose name is found without regard to case. Several of one name are joined by ", ". Empty
  /// when it is absent.
  std::string header(std::string_view name) const;
  /// Whether the header was sent at all, if only empty.
  bool has_header(std::string_view name) const noexcept;
  /// All headers in their order, with names in lower case. Several of one name are several entries.
  std::vector<std::pair<std::string, std::string>> headers() const;

  /// The decoded text that a route's `:name` matched. Empty when the route has no such name.
  std::string_view param(std::string_view name) const noexcept;
  /// The bytes of the body, decoded when it came in chunks. Only the handlers of routes get one; it is empty
  /// everywhere else.
  std::string_view body() const noexcept;
  /// The peer's address without port: "203.0.113.7", "2001:db8::1". In what an engine passes on, trusted proxies count.
  std::string_view remote_address() const noexcept;
  /// Whether the request came over TLS to this port.
  bool secure() const noexcept;
  /// The certificate that the client has shown, as PEM text; see tls_options::client_ca_file. It was verified, so it
  /// tells who the client is. Empty without one, and behind a trusted proxy. Valid as long as this request or a copy.
  /// On a connection of the application's it is that of the any_stream.
  std::string_view client_certificate() const noexcept;

  /// False for an empty request.
  explicit operator bool() const noexcept { return data_ != nullptr; }
  /// For the library.
  const std::shared_ptr<const request_data>& data() const noexcept { return data_; }

 private:
  std::shared_ptr<const request_data> data_;
};

/// Makes a request of its parts, for applications whose own HTTP server has read it, and for tests.
///
///     const auto asked = http::request_builder("GET", "/socket.io/?EIO=4&transport=polling")
///                            .header("Host", "a.example")
///                            .build();
/// @par Threads  One at a time.
class request_builder {
 public:
  /// @param method  "GET", "POST", …
  /// @param target  Path and query, raw, as in the request line.
  /// @throws error errc::bad_argument for characters that no method or target has, and for empty ones.
  request_builder(std::string_view method, std::string_view target);
  /// Adds a header; several of one name are allowed.
  /// @throws error errc::bad_argument as response::set() does.
  request_builder& header(std::string_view name, std::string_view value);
  /// The complete body, decoded.
  request_builder& body(std::string bytes);
  /// The peer's address without port. Default: empty.
  request_builder& remote_address(std::string text);
  /// Whether the connection is encrypted. Default: not.
  request_builder& secure(bool on = true) noexcept;
  /// The client's certificate as PEM text, which the other server has verified. Default: empty.
  request_builder& client_certificate(std::string pem);
  /// The request. The builder may be used again.
  request build() const;

 private:
  std::string method_;
  std::string target_;
  std::string fields_;  // as in request_data
  std::string body_;
  std::string remote_address_;
  std::string client_certificate_;
  bool secure_ = false;
};

class file_body;  // lib/http/file_body.hpp

/// The answer of a route's handler, or of a hook of the engine.
///
/// The server writes Content-Length, Transfer-Encoding and Connection itself: headers with these names are ignored, but
/// `Connection: close` ends the connection behind the answer. HEAD requests, 204 and 304 get no body.
/// @par Threads  A value: one thread at a time.
class response {
 public:
  /// A response without body and headers.
  explicit response(unsigned status = 200) noexcept;
  /// @param content_type  An empty one adds no header.
  /// @throws error errc::bad_argument as set() does.
  response(unsigned status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");

  /// The status code: 200, 404, …
  unsigned status() const noexcept { return status_; }
  void status(unsigned status) noexcept { status_ = status; }

  /// Sets a header in place of all headers of that name.
  /// @throws error errc::bad_argument for a name that is no token, or a value with control characters: a line break in
  ///               it would end the header, and begin another one (response splitting).
  response& set(std::string_view name, std::string_view value);
  /// Adds one more header of that name, as Set-Cookie needs it.
  /// @throws error errc::bad_argument as set() does.
  response& add(std::string_view name, std::string_view value);
  /// Removes all headers of that name.
  void remove(std::string_view name);
  /// The value of the first header of that name; empty when there is none. Valid until the headers change.
  std::string_view get(std::string_view name) const noexcept;
  /// All headers in their order, with names as they were given.
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  /// The bytes of the body. A new body takes the place of the one before.
  const std::string& body() const noexcept { return shared_ ? *shared_ : body_; }
  void body(std::string bytes) noexcept;
  /// A body that many responses share, such as an embedded file. It is not copied.
  void body(std::shared_ptr<const std::string> bytes) noexcept { shared_ = std::move(bytes); }

  /// For the library: gives the body away. One that is shared is copied.
  std::string take_body();
  /// For the library: a body that is a part of a file, and is read while it is written. body() is empty then.
  void file(std::shared_ptr<const file_body> part) noexcept { file_ = std::move(part); }
  const std::shared_ptr<const file_body>& file() const noexcept { return file_; }

 private:
  unsigned status_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string body_;
  std::shared_ptr<const std::string> shared_;
  std::shared_ptr<const file_body> file_;
};

/// The versions of TLS that can be the lowest one.
enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

/// Certificates and rules of a TLS port.
///
/// The certificate and its key come from PEM files, from PEM text, or from PKCS#12; exactly one of these must be set.
/// listen() reads all files, and reload_certificates() reads them again. Both throw errc::bad_certificate for what
/// cannot be read, and for a key that does not belong to the certificate.
/// @par Source  RFC 8446; ALPN (RFC 7301) offers http/1.1. PKCS#12: RFC 7292.
struct tls_options {
  /// The file with the server's certificate, and behind it the certificates that lead to the root. PEM.
  std::string certificate_file = {};
  /// The file with the private key of the first certificate. PEM.
  std::string key_file = {};

  /// The same certificates as PEM text, in place of certificate_file.
  std::string certificate = {};
  /// The same key as PEM text, in place of key_file.
  std::string key = {};

  /// A file of PKCS#12 (.p12, .pfx): certificate, key and the certificates that lead to the root in one.
  std::string pfx_file = {};
  /// The bytes of such a file, in place of pfx_file.
  std::string pfx = {};

  /// The password of an encrypted key, or of the PKCS#12.
  std::string key_password = {};
  /// Called for the password when key_password is empty, each time the key is read. Its exception leaves
  /// the call that reads the key.
  std::function<std::string()> ask_key_password = {};

  /// Clients that speak only older versions are refused.
  tls_version minimum_version = tls_version::tls_1_2;

  /// The file with the certificates of the authorities that sign clients (mutual TLS). PEM. A client without a
  /// certificate of one of them is refused. Empty: clients are not asked for a certificate, unless client_ca is set.
  std::string client_ca_file = {};
  /// The same certificates as PEM text, in place of client_ca_file.
  std::string client_ca = {};
  /// Whether a client must have a certificate. False: clients are asked for one, and those without are let in, too;
  /// request::client_certificate() tells who has shown one. One that no authority has signed is refused all the same.
  bool require_client_certificate = true;
};

/// Options of an application that owns its port.
struct app_options {
  /// The address to listen on: an IP address, or a name that has one on this machine. "0.0.0.0" is every interface with
  /// IPv4, "::" every interface with IPv6 and IPv4.
  std::string host = "0.0.0.0";
  /// The port; 0 picks a free one, which listen() returns.
  std::uint16_t port = 3000;
  /// Whether other processes may listen on the same port at the same time (SO_REUSEPORT). All of them must ask for it.
  /// The system spreads new connections over them, on Linux by address and port of the client: so all connections of
  /// one client may go to different processes, and polling needs a proxy that keeps them together.
  bool reuse_port = false;
  /// Listening sockets that other programs have opened, by their descriptors, in place of host and port: TCP and Unix
  /// sockets; see inherited_sockets(). They stay with the caller, and are open behind close(): listen() works again. A
  /// client of a Unix socket has the address 127.0.0.1. Empty: host and port.
  std::vector<int> sockets = {};
  /// The number of threads that run() uses, its caller included: 1,024 at most. 0: as many as processors. Ignored when
  /// the caller brings the executor.
  unsigned threads = 0;
  /// The most bytes in the body of a request to a route. Above: 413. The engine has max_payload.
  std::size_t max_body = 1'000'000;
  /// The most bytes in the head of a request. Above: 431.
  std::size_t max_head = 16'384;
  /// The most fields in the head of a request. Above: 431.
  std::size_t max_headers = 100;
  /// The most connections open at once. Above: 503, and with TLS the connection just ends. 0: no limit but
  /// that of the system.
  std::size_t max_connections = 0;
  /// Set: HTTPS and WSS instead of HTTP and WS.
  std::optional<tls_options> tls = {};
  /// The time from the first byte of a head to its end. For the first request of a connection it begins when that is
  /// accepted, and includes the TLS handshake. Above: 408 when a part has come, and the connection ends.
  std::chrono::milliseconds head_timeout{10'000};
  /// The time in which no byte of a body comes (408), and in which the peer takes no byte of an answer (the connection
  /// ends). A whole body has ten times as long.
  std::chrono::milliseconds body_timeout{30'000};
  /// The time between two requests of one connection. Above: the connection ends.
  std::chrono::milliseconds idle_timeout{65'000};
};

/// Checks all options, as an application does when it is made.
/// @throws error errc::bad_argument for the first that is wrong: times and sizes must be above 0. The detail names it,
///               and says what to write instead.
void validate(const app_options& options);

/// A host and a port as URLs have them: "app.example:80"; an address of IPv6 in brackets: "[::1]:80".
std::string authority(std::string_view host, std::uint16_t port);

/// One port with routes, static files and, when attached, Socket.IO and Engine.IO servers.
///
/// A request goes to the first attached server that owns its path, else to the first route that matches, else to the
/// files; else it is answered with 404. An application is a handle: copies name the same one. When the last handle
/// goes, the port is closed and the connections end.
/// @par Threads  Any: routes and files may be added while the application serves.
class app {
 public:
  using handler = std::function<task<response>(request)>;

  /// Has an io_context and threads of its own, which run() uses.
  explicit app(app_options options = {});
  /// Lives on the caller's io_context and starts no thread. Several threads may run that io_context.
  /// @throws error errc::not_supported for an executor that belongs to no io_context.
  explicit app(boost::asio::any_io_executor executor, app_options options = {});

  /// Adds a route. Of several that match, the first one answers.
  ///
  /// @param method    "GET", "POST", …; "*" is any. HEAD is answered by GET routes.
  /// @param path      Segments match literally. `:name` matches one segment, or the rest of one up to the next literal
  ///                  character ("/index.:ext"); request::param() has the match. A final `*` matches anything.
  /// @param callable  Takes a `request` and returns `response` or `task<response>`. It lives as long as any of its
  ///                  coroutines. An exception of it is logged and answered with 500.
  /// @throws error errc::bad_argument for a path that does not begin with `/`, that has `*` in the middle, or an empty
  ///               or repeated name.
  /// @par Threads  The callable runs on the strand of the request's connection; for different connections it may run
  ///               on several threads at once. Requests of one connection are answered one after the other.
  template <class F>
  app& route(std::string_view method, std::string_view path, F&& callable) {
    constexpr bool is_called = std::is_invocable_v<std::decay_t<F>&, request>;
    static_assert(is_called, "cosio: the handler of a route takes a cosio::http::request by value or const reference");
    if constexpr (is_called) {
      using returned = std::invoke_result_t<std::decay_t<F>&, request>;
      constexpr bool waits = std::is_same_v<returned, task<response>>;
      static_assert(waits || std::is_same_v<returned, response>,
                    "cosio: the handler of a route returns cosio::http::response, such as response(200, \"ok\"), or "
                    "cosio::task<cosio::http::response>");
      if constexpr (waits) {
        add_route(method, path, handler(std::forward<F>(callable)));
      } else if constexpr (std::is_same_v<returned, response>) {
        add_route(method, path, wrap_plain(std::forward<F>(callable)));
      }
    }
    return *this;
  }
  /// The same for GET (and HEAD).
  template <class F>
  app& get(std::string_view path, F&& callable) {
    return route("GET", path, std::forward<F>(callable));
  }
  /// The same for POST.
  template <class F>
  app& post(std::string_view path, F&& callable) {
    return route("POST", path, std::forward<F>(callable));
  }
  /// The same for every method.
  template <class F>
  app& all(std::string_view path, F&& callable) {
    return route("*", path, std::forward<F>(callable));
  }

  /// Serves the files of `directory` under `prefix`, with content types, ETag, 304 and ranges of bytes. A path that
  /// ends with "/" is answered with index.html. Files and folders that begin with a dot, and files outside of the
  /// directory (also behind symbolic links), are never served. Files are read in pieces while they are sent, so they
  /// may be large and may change. Over TCP without TLS, Linux sends the large ones itself (sendfile). The disk is read
  /// on the thread of the connection.
  /// @throws error errc::bad_argument when the directory does not exist.
  app& files(std::string_view prefix, const std::string& directory);

  /// Opens the port. Connections are accepted as soon as run(), or the caller's io_context, runs.
  /// @return the port, which is of interest for app_options::port 0; 0 when there are Unix sockets only.
  /// @throws error errc::address_in_use when the port is taken or not permitted; errc::bad_argument for a host that has
  ///               no address here, and for one of app_options::sockets that is no listening socket;
  ///               errc::bad_certificate; errc::already_running when it is open; errc::not_supported for
  ///               app_options::reuse_port on a system without it.
  /// @throws boost::system::system_error for other errors of the system.
  std::uint16_t listen();
  /// Reads the files of options.tls again. New connections get the new certificate, open ones go on with theirs.
  /// @throws error errc::bad_certificate when a file cannot be used: the certificate before stays in force;
  ///               errc::not_supported without TLS.
  /// @par Threads  Any. Blocks while files are read.
  void reload_certificates();
  /// The port that is open; 0 before listen() and after close(), and when there are Unix sockets only.
  std::uint16_t port() const noexcept;
  /// The descriptors of the sockets that are listened on: for start_successor(). They belong to the application.
  std::vector<int> sockets() const;
  /// Whether the port is open.
  bool listening() const noexcept;
  /// The address of the open port for people: `http://[::]:3000`, `https://0.0.0.0:3000`. Empty while it is not open.
  std::string url() const;

  /// Calls listen() if that was not done, then serves until stop(). It may be called again afterwards. On the
  /// caller's io_context it runs that, in this thread only; the caller may as well run it in any other way.
  /// A port that run() itself opens is told in the log, at level info:
  /// `listening on http://127.0.0.1:3000/, Socket.IO at /socket.io/`. The line of listen() has level debug.
  /// An exception that leaves a handler of Asio does not end run(): it is logged.
  /// @throws error as listen() does.
  /// @throws std::system_error when a thread cannot be started. Those that were started have ended then, and run() may
  ///         be called again.
  /// @par Threads  The caller is one of the threads; the others are started and joined here.
  void run();
  /// Stops the io_context, the caller's too, so that run() returns soon. If no run() is under way, the next one returns
  /// at once. Connections are left as they are: close() ends them in order.
  /// @par Threads  Any.
  void stop() noexcept;
  /// As run(), until the process gets SIGINT or SIGTERM. Then `goodbye` runs, if there is one, the application closes
  /// as close(deadline) does, and this returns. A second signal ends it at once, as stop() does. While it runs, neither
  /// signal kills the process; afterwards both do again. A service manager is told when it begins to serve, and when a
  /// signal has come; a process that started this one by start_successor() is asked to end: see <cosio/successor.hpp>.
  ///
  /// It may be called again when it has returned, also on the caller's io_context: it listens again. When it has
  /// returned before its close had ended (a second signal, the deadline), it is refused until the io_context has run
  /// that to its end: the close goes on there, and would end what is begun anew.
  ///
  /// @param deadline  For all of it: handlers that have not ended then are left where they are. `goodbye` keeps to it
  ///                  by itself: `[&] { return io.close(how); }`.
  /// @param goodbye   Its exception is logged, and the port is closed all the same.
  /// @throws error as run() does; errc::already_running when an earlier call, or its close, is not over.
  void run_until_signal(std::chrono::milliseconds deadline = std::chrono::milliseconds(10'000),
                        std::function<task<>()> goodbye = {});
  /// Speaks HTTP and WebSocket on a connection that the application has accepted itself. The application's own port
  /// need not be open. The socket moves to this application's io_context. The wait keeps no handle of the application:
  /// when its last handle goes, the connection ends.
  ///
  /// @par Completes     when the connection has ended.
  /// @par Cancellation  The wait ends; the connection goes on.
  /// @throws error errc::bad_argument for a socket that is not open.
  task<> serve(tcp_socket socket) const;
  /// The same for a connection from which the application's own HTTP server has read a request already. That request is
  /// answered first; later requests of the connection come here, too.
  ///
  /// The connection itself tells the peer's address, and that it is not encrypted: what the request says of these two,
  /// and of a certificate, does not count. If it must, make an any_stream of the socket, and say it there.
  ///
  /// @param asked  The request, with its complete body.
  /// @param rest   The bytes that were read beyond it, such as WebSocket frames.
  task<> serve(tcp_socket socket, request asked, std::string rest = std::string()) const;
  /// The two for a connection of any kind: TLS that the application ends, a local socket, a stream of Beast. See
  /// <cosio/any_stream.hpp>. The stream stays on its io_context, and is closed when the connection or the application
  /// ends. With a request, whatever the stream does not say itself is taken from the request, for the whole connection:
  /// the peer's address, whether it is secure, and the client's certificate if the request is secure.
  /// @throws error errc::bad_argument for one that was moved away.
  task<> serve(any_stream stream) const;
  task<> serve(any_stream stream, request asked, std::string rest = std::string()) const;

  /// Answers one request that another HTTP server has read and will answer: the connection stays with that server. Its
  /// body must be complete. Upgrade requests go to serve() instead.
  ///
  /// @par Completes     with the answer. The GET of a polling client is held until there is something to send, or its
  ///                    session ends.
  /// @par Cancellation  Means that the client has left: a session whose GET is cancelled ends with `transport error`.
  ///                    Without it, a client that leaves is noticed by the ping timeout.
  /// @throws error errc::connection_closed when the connection must be ended without an answer.
  task<response> answer(request asked) const;

  /// Whether others may accept the connections of the port: options.sockets, options.reuse_port, a living successor.
  bool shares_port() const noexcept;
  /// Closes the port, and accepts no more connections. Those that are open are served as before; close() ends them.
  /// When the port is this process's own, the connections that wait to be accepted are accepted first. Otherwise they
  /// are left to the processes that listen on the same socket.
  ///
  /// @par Completes     when the port is closed, and each new connection has had its first answer, after 500 ms at the
  ///                    latest: a client that asks for nothing holds nobody up.
  /// @par Cancellation  The wait ends; the port is closed.
  task<> stop_listening();
  /// Closes the port in order: accepts no more connections, ends the sessions of attached engines, closes idle
  /// connections and waits for the answers under way. listen() works again afterwards.
  ///
  /// @par Completes     when every connection is closed.
  /// @par Cancellation  The wait ends; closing goes on.
  task<> close();
  /// The same, but connections that are still busy after that time are cut: a reader that takes little at a time cannot
  /// hold the end back. 0 and less: at once.
  task<> close(std::chrono::milliseconds deadline);

  /// The executor of the io_context that the application lives on, for co_spawn() and timers.
  boost::asio::any_io_executor executor() const;

  struct state;  // lib/http/app_state.hpp
  /// Makes one more handle to an application of its internals().
  explicit app(std::shared_ptr<state> internals) noexcept : state_(std::move(internals)) {}
  /// For the library.
  const std::shared_ptr<state>& internals() const noexcept { return state_; }

 private:
  void add_route(std::string_view method, std::string_view path, handler callable);
  static handler wrap_plain(std::function<response(request)> callable);

  std::shared_ptr<state> state_;
};

}  // namespace cosio::inline v0_2::http
