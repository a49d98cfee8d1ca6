// What the client said when it knocked.

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

/// The facts of a session's first request, and what the client sent to join the namespace.
///
/// @par Threads  Immutable: any. Copies share the data.
class handshake {
 public:
  handshake();
  /// @param eos  What options.identify said of the client; null when nobody was asked.
  handshake(http::request request, std::chrono::system_clock::time_point issued, boost::json::value auth,
            std::shared_ptr<const boost::json::value> eos = nullptr);

  std::vector<std::pair<std::string, std::string>> headers() const {
    return request_.headers();
  }  ///< names lower-cased
  std::string header(std::string_view name) const { return request_.header(name); }

  std::string time() const;  ///< of creation, as JavaScript writes a Date
  std::chrono::system_clock::time_point issued() const noexcept { return issued_; }
  /// The client's address, without port: the TCP peer, or whom a trusted proxy names (options.trusted_proxies).
  std::string_view address() const noexcept { return request_.remote_address(); }
  bool xdomain() const noexcept { return request_.has_header("origin"); }  ///< an Origin header was sent
  bool secure() const noexcept { return request_.secure(); }
  std::string_view url() const noexcept { return request_.target(); }

  /// A parameter of the URL's query; the last value wins.
  std::optional<std::string_view> query(std::string_view name) const noexcept { return request_.query(name); }
  /// All parameters in their order, with every value of those that were sent more than once.
  const std::vector<std::pair<std::string, std::string>>& queries() const noexcept { return request_.queries(); }

  /// Protocol 5: the payload of CONNECT, `{}` when there was none. Protocol 4: the query of the namespace.
  const boost::json::value& auth() const noexcept { return *auth_; }

  /// What the application's options.identify said of this client: `handshake().eos()["user"]["acoid"]`. Null when it is not set.
  json_view eos() const noexcept { return json_view(eos_); }

  /// The first request of the session, which all its sockets share.
  const http::request& request() const noexcept { return request_; }

  /// All of it as the reference shows it: headers, time, address, xdomain, secure, issued, url, query, auth; and eos when there is one.
  boost::json::object to_json() const;

 private:
  http::request request_;
  std::chrono::system_clock::time_point issued_;
  std::shared_ptr<const boost::json::value> auth_;
  std::shared_ptr<const boost::json::value> eos_;
};

}  // namespace cosio
