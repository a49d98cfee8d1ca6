// A small HTTP application on the port that Socket.IO shares: routes, static files, awaitable handlers.

#pragma once
#include <cosio/task.hpp>
#include <cosio/tls.hpp>

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

namespace cosio::http {

/// boost::asio::ip::tcp::socket. Only declared here: whoever has one has included <boost/asio/ip/tcp.hpp>.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::any_io_executor>;

struct request_data;  // lib/http/request_data.hpp

/// One request, complete with body. Immutable and cheap to copy: copies share the data.
///
/// Views are valid as long as any copy lives.
/// @par Threads  Any.
class request {
 public:
  request() = default;
  explicit request(std::shared_ptr<const request_data> data) noexcept : data_(std::move(data)) {}

  std::string_view method() const noexcept;  ///< "GET"
  std::string_view target() const noexcept;  ///< raw: "/a%20b?x=1"
  std::string_view path() const noexcept;    ///< raw, without query: "/a%20b"

  /// The decoded value of a query parameter; the last one wins. Nothing when it is absent.
  std::optional<std::string_view> query(std::string_view name) const noexcept;
  /// All query parameters in their order, decoded, duplicates included.
  const std::vector<std::pair<std::string, std::string>>& queries() const noexcept;

  /// The value of a header, found without regard to case; several of one name are joined by ", ". Empty when absent.
  std::string header(std::string_view name) const;
  /// Whether the header was sent at all.
  bool has_header(std::string_view name) const noexcept;
  /// All headers in their order: names lower-cased.
  std::vector<std::pair<std::string, std::string>> headers() const;

  /// What a route's `:name` matched, decoded. Empty when the route has no such name.
  std::string_view param(std::string_view name) const noexcept;
  std::string_view body() const noexcept;
  std::string_view remote_address() const noexcept;  ///< without port
  bool secure() const noexcept;                      ///< over TLS

  explicit operator bool() const noexcept { return data_ != nullptr; }
  const std::shared_ptr<const request_data>& data() const noexcept { return data_; }

 private:
  std::shared_ptr<const request_data> data_;
};

/// Makes a request of its parts: for applications whose own HTTP server has read it, and for tests.
///
///     const auto asked = http::request_builder("GET", "/socket.io/?EIO=4&transport=polling").header("Host", "a.example").build();
class request_builder {
 public:
  /// @throws error errc::bad_argument for characters that no method or target has.
  request_builder(std::string_view method, std::string_view target);
  /// @throws error errc::bad_argument as response::set() does.
  request_builder& header(std::string_view name, std::string_view value);
  request_builder& body(std::string bytes);
  request_builder& remote_address(std::string text);
  request_builder& secure(bool on = true) noexcept;
  request build() const;

 private:
  std::string method_;
  std::string target_;
  std::string fields_;  // as in request_data
  std::string body_;
  std::string remote_address_;
  bool secure_ = false;
};

/// What a handler answers.
class response {
 public:
  explicit response(unsigned status = 200) noexcept : status_(status) {}
  response(unsigned status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");

  unsigned status() const noexcept { return status_; }
  void status(unsigned status) noexcept { status_ = status; }

  /// Replaces a header. @throws error errc::bad_argument for a name or value with characters that would break the head.
  response& set(std::string_view name, std::string_view value);
  /// Adds one more header of that name (Set-Cookie).
  response& add(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  std::string_view get(std::string_view name) const noexcept;
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  const std::string& body() const noexcept { return shared_ ? *shared_ : body_; }
  void body(std::string bytes) noexcept;
  /// A body that many responses share, such as an embedded file.
  void body(std::shared_ptr<const std::string> bytes) noexcept { shared_ = std::move(bytes); }

 private:
  unsigned status_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string body_;
  std::shared_ptr<const std::string> shared_;
};

/// Options of an application that owns its port.
struct app_options {
  std::string host = "0.0.0.0";      ///< address to listen on
  std::uint16_t port = 3000;         ///< 0 picks a free one
  unsigned threads = 0;              ///< 0: as many as processors. Ignored when the caller brings the executor
  std::size_t max_body = 1'000'000;  ///< bytes of a request body for routes
  std::size_t max_head = 16'384;     ///< bytes of a request head
  std::size_t max_headers = 100;     ///< fields of a request head
  std::size_t max_connections = 0;   ///< open at once; 0: no limit but the system's
  std::optional<tls_options> tls;    ///< HTTPS and WSS instead of HTTP and WS
  std::chrono::milliseconds head_timeout{
      10'000};  ///< from the first byte (or the connection, with its TLS handshake) to the end of the head
  std::chrono::milliseconds body_timeout{30'000};  ///< for the whole body
  std::chrono::milliseconds idle_timeout{65'000};  ///< between two requests of one connection
};

/// Routes, static files and, when attached, Socket.IO and Engine.IO servers: one port for all of them.
///
/// Register routes before listen(). What no server and no route owns is answered with 404.
/// Copies are handles to one application.
class app {
 public:
  using handler = std::function<task<response>(request)>;

  explicit app(app_options options = {});
  /// Runs on the caller's io_context; starts no thread. @throws error errc::not_supported for an executor of something else.
  explicit app(boost::asio::any_io_executor executor, app_options options = {});

  /// Answers `method` ("GET", "POST", …; "*" is any) on `path`: segments match literally, `:name` matches one segment or the rest of
  /// one up to the next literal character ("/index.:ext"), a final `*` matches anything. HEAD is answered by GET routes.
  ///
  /// The callable takes a `request` and returns `response` or `task<response>`. It lives as long as any of its coroutines.
  /// What it throws is logged and answered with 500.
  template <class F>
  app& route(std::string_view method, std::string_view path, F&& callable) {
    if constexpr (std::is_same_v<std::invoke_result_t<std::decay_t<F>&, request>, response>) {
      add_route(method, path, wrap_plain(std::forward<F>(callable)));
    } else {
      static_assert(std::is_same_v<std::invoke_result_t<std::decay_t<F>&, request>, task<response>>,
                    "a route's handler takes a cosio::http::request and returns response or task<response>");
      add_route(method, path, handler(std::forward<F>(callable)));
    }
    return *this;
  }
  template <class F>
  app& get(std::string_view path, F&& callable) {
    return route("GET", path, std::forward<F>(callable));
  }
  template <class F>
  app& post(std::string_view path, F&& callable) {
    return route("POST", path, std::forward<F>(callable));
  }
  template <class F>
  app& all(std::string_view path, F&& callable) {
    return route("*", path, std::forward<F>(callable));
  }

  /// Serves the files of `directory` under `prefix`: content types, ETag and 304; never outside the directory, no dot files;
  /// "/" answers index.html.
  app& files(std::string_view prefix, const std::string& directory);

  /// Opens the port. @return the port. @throws error errc::address_in_use, errc::bad_certificate, or system_error.
  std::uint16_t listen();
  /// Reads the files of options.tls again. Connections from now on get the new certificate, open ones go on with theirs.
  /// @throws error errc::bad_certificate when a file cannot be used: what was read before stays in force; errc::not_supported without TLS.
  /// @par Threads  Any. Blocks while files are read.
  void reload_certificates();
  std::uint16_t port() const noexcept;  ///< 0 before listen()
  bool listening() const noexcept;

  /// listen() if that was not done, then serves until stop(). With an executor of the caller's: use its own run().
  void run();
  /// Lets run() return at once. Any thread, also a signal handler's coroutine.
  void stop() noexcept;
  /// Speaks HTTP, and what it is upgraded to, on a connection that the application has accepted itself; no port need be open. The socket
  /// moves to this application's io_context.
  ///
  /// With a request: one that the application's own HTTP server has read already; it is answered first. Its body must be complete; `rest` is
  /// what was read beyond it. Later requests of the connection come here, too.
  /// @par Completes     when the connection has ended.
  /// @par Cancellation  The wait ends; the connection goes on.
  /// @throws error errc::bad_argument for a socket that is not open.
  task<> serve(tcp_socket socket) const;
  task<> serve(tcp_socket socket, request asked, std::string rest = std::string()) const;

  /// Answers one request that somebody else has read and will answer: the connection stays theirs. The body must be complete. Not for
  /// Upgrade requests: give those to serve().
  /// @par Completes     with the answer; a poll may be held for long.
  /// @par Cancellation  Means that the client has left.
  /// @throws error errc::connection_closed when the right answer is to end the connection without one.
  task<response> answer(request asked) const;

  /// Stops accepting, closes idle connections, waits for the answers under way. listen() works again afterwards.
  task<> close();

  boost::asio::any_io_executor executor() const;

  struct state;  // lib/http/app_state.hpp
  /// One more handle to an application, from what internals() gives.
  explicit app(std::shared_ptr<state> internals) noexcept : state_(std::move(internals)) {}
  const std::shared_ptr<state>& internals() const noexcept { return state_; }

 private:
  void add_route(std::string_view method, std::string_view path, handler callable);
  static handler wrap_plain(std::function<response(request)> callable);

  std::shared_ptr<state> state_;
};

}  // namespace cosio::http
