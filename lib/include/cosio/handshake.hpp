// The handshake: the facts of a client's first request, and the data with which it joined a namespace.
//
// socket::handshake() gives it to handlers and middleware; a predicate for namespaces (server::of) gets one, too.

#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/arguments.hpp>
#include <cosio/http.hpp>
#include <cosio/json_view.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// The facts of a session's first request, and the client's payload for joining one namespace.
///
/// The first request stays the same when the session moves from polling to WebSocket. All sockets of a client share it;
/// auth() is different for each of them. Views are valid as long as any copy lives.
/// @par Threads  Immutable: any. Copies share the data.
class handshake {
 public:
  /// The place of a client's payload for joining: the packet CONNECT, or the query of the namespace (protocol 4).
  enum class payload { auth, query };

  /// A handshake of an empty request, with `{}` as auth().
  handshake();
  /// Made by the library, and by tests.
  /// @param issued  The time of the session's creation.
  /// @param auth    The payload of CONNECT, with the binary in it.
  /// @param eos     The result of options.identify; null when nobody was asked.
  /// @param from    payload::query adds the members of `auth` to the query of the request.
  handshake(http::request request, std::chrono::system_clock::time_point issued, argument auth,
            std::shared_ptr<const boost::json::value> eos = nullptr, payload from = payload::auth);

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

  /// One parameter of the query, decoded; of several with this name, the last. Nothing when there is none. The query is
  /// that of the URL; in protocol 4 the query of the namespace's name is added to it, and takes precedence.
  std::optional<std::string_view> query(std::string_view name) const {
    return said_->merged.empty() ? request_.query(name) : merged_query(name);
  }
  /// The parameters in their order, decoded, with every value of those that were sent more than once. Those of a
  /// request behind the first 1,000 are ignored.
  const std::vector<std::pair<std::string, std::string>>& queries() const {
    return said_->merged.empty() ? request_.queries() : said_->merged;
  }

  /// The client's payload for joining: in protocol 5 that of CONNECT, which is an object, and `{}` when there was none;
  /// in protocol 4 the query of the namespace's name as an object. The client can put anything into it, so it is read
  /// member by member, and what is missing is null: `auth()["token"] == "secret"`, `auth()["user"]["age"].as<int>()`.
  /// auth().value() is the JSON value, auth().object() its members.
  json_view auth() const noexcept {
    return json_view(std::shared_ptr<const boost::json::value>(said_, &said_->auth.value()));
  }
  /// The same with the binary in it, which a client can send with MessagePack: in auth() it is a placeholder.
  const argument& auth_with_binary() const noexcept { return said_->auth; }

  /// The result of the application's options.identify: `handshake().eos()["user"]["acoid"]`. Null when that is not set.
  json_view eos() const noexcept { return json_view(said_->eos); }

  /// The first request of the session.
  const http::request& request() const noexcept { return request_; }

  /// The handshake as JavaScript servers show it: `headers`, `time`, `address`, `xdomain`, `secure`, `issued`
  /// (milliseconds since 1970), `url`, `query`, `auth`; and `eos` when there is one. Of headers and parameters with one
  /// name the last value stays.
  boost::json::object to_json() const;

 private:
  // The client's words for one namespace, and who it is. Clients that send nothing and are not identified share one.
  struct payload_data {
    argument auth;
    std::vector<std::pair<std::string, std::string>> merged;  // empty: the query is that of the request
    std::shared_ptr<const boost::json::value> eos;            // null when nobody was asked
  };
  static std::shared_ptr<const payload_data> kept(argument auth, const http::request& request,
                                                  std::shared_ptr<const boost::json::value> eos, payload from);
  std::optional<std::string_view> merged_query(std::string_view name) const;

  http::request request_;
  std::chrono::system_clock::time_point issued_;
  std::shared_ptr<const payload_data> said_;
};

}  // namespace cosio::inline v0_2
