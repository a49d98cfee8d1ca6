// The handshake: the facts of a client's first request, and the data with which it joined a namespace.
//
// socket::handshake() gives it to handlers and middleware; a predicate for namespaces (server::of) gets one, too.

#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/http.hpp>
#include <cosio/json_view.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

/// The facts of a session's first request, and the client's payload for joining one namespace.
///
/// The first request stays the same when the session moves from polling to WebSocket. All sockets of a client share it;
/// auth() is different for each of them. Views are valid as long as any copy lives.
/// @par Threads  Immutable: any. Copies share the data.
class handshake {
 public:
  /// A handshake of an empty request, with `{}` as auth().
  handshake();
  /// Made by the library, and by tests.
  /// @param issued  The time of the session's creation.
  /// @param auth    The payload of CONNECT.
  /// @param eos     The result of options.identify; null when nobody was asked.
  handshake(http::request request, std::chrono::system_clock::time_point issued, boost::json::value auth,
            std::shared_ptr<const boost::json::value> eos = nullptr);

  /// All headers in their order, with names in lower case.
  std::vector<std::pair<std::string, std::string>> headers() const { return request_.headers(); }
  /// The value of one header, found without regard to case. Empty when it was not sent.
  std::string header(std::string_view name) const { return request_.header(name); }

  /// The time of the session's creation in UTC, as JavaScript writes a Date:
  /// `Tue Feb 03 2026 04:05:06 GMT+0000 (Coordinated Universal Time)`.
  std::string time() const;
  /// The same time as a time point.
  std::chrono::system_clock::time_point issued() const noexcept { return issued_; }
  /// The client's address without port: the TCP peer, or the address that a trusted proxy names
  /// (options.trusted_proxies).
  std::string_view address() const noexcept { return request_.remote_address(); }
  /// Whether an Origin header was sent. Browsers send one from pages of another origin, and with every WebSocket.
  bool xdomain() const noexcept { return request_.has_header("origin"); }
  /// Whether the connection to this server is encrypted. Behind a proxy that ends TLS it is not.
  bool secure() const noexcept { return request_.secure(); }
  /// The raw path and query of the request: `/socket.io/?EIO=4&transport=polling`.
  std::string_view url() const noexcept { return request_.target(); }

  /// One parameter of the URL's query, decoded; of several with this name, the last. Nothing when there is none.
  std::optional<std::string_view> query(std::string_view name) const noexcept { return request_.query(name); }
  /// All parameters in their order, decoded, with every value of those that were sent more than once.
  const std::vector<std::pair<std::string, std::string>>& queries() const noexcept { return request_.queries(); }

  /// The client's payload for joining: in protocol 5 that of CONNECT, which is an object, and `{}` when there was none;
  /// in protocol 4 the query of the namespace's name as an object. The client can put anything into it.
  const boost::json::value& auth() const noexcept { return *auth_; }

  /// The result of the application's options.identify: `handshake().eos()["user"]["acoid"]`. Null when that is not set.
  json_view eos() const noexcept { return json_view(eos_); }

  /// The first request of the session.
  const http::request& request() const noexcept { return request_; }

  /// The handshake as JavaScript servers show it: `headers`, `time`, `address`, `xdomain`, `secure`, `issued`
  /// (milliseconds since 1970), `url`, `query`, `auth`; and `eos` when there is one. Of headers and parameters with one
  /// name the last value stays.
  boost::json::object to_json() const;

 private:
  http::request request_;
  std::chrono::system_clock::time_point issued_;
  std::shared_ptr<const boost::json::value> auth_;
  std::shared_ptr<const boost::json::value> eos_;
};

}  // namespace cosio
