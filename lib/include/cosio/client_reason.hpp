// Why a socket of a client ended, or could not connect. The texts are those of the JavaScript client.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/error.hpp>
#include <cosio/version.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2 {

/// The reason for which a client_socket was disconnected. Two reasons are equal when their kinds are equal.
/// @par Threads  A value.
/// @par Source   Socket.IO, client API, event "disconnect".
class client_reason {
 public:
  /// Each kind has one fixed text: its name with spaces in place of underscores.
  enum class kind : std::uint8_t {
    /// The connection was closed: the server went away, or the network changed.
    transport_close,
    /// The connection failed.
    transport_error,
    /// No heartbeat of the server came in its time.
    ping_timeout,
    /// The server sent a packet that cannot be read, or that is above a limit.
    parse_error,
    /// manager::close() was called.
    forced_close,
    /// The server disconnected this socket. It does not come back by itself: call connect().
    io_server_disconnect,
    /// client_socket::disconnect() was called, or the manager was destroyed.
    io_client_disconnect
  };

  /// A `transport close` without a detail.
  client_reason() noexcept = default;
  /// A reason without a detail.
  explicit(false) client_reason(kind what) noexcept : kind_(what) {}
  /// @param detail  A sentence for people.
  client_reason(kind what, std::string detail) : kind_(what), detail_(std::move(detail)) {}

  /// The kind, to be compared or switched over.
  kind what() const noexcept { return kind_; }
  /// The fixed text of the kind: "transport close". It stays valid.
  std::string_view text() const noexcept;
  /// The exact cause, for people. Often empty.
  const std::string& detail() const noexcept { return detail_; }

  friend bool operator==(const client_reason& a, const client_reason& b) noexcept { return a.kind_ == b.kind_; }
  /// Writes text().
  friend std::ostream& operator<<(std::ostream& out, const client_reason& r);

 private:
  kind kind_ = kind::transport_close;
  std::string detail_;
};

/// A connection that was not made, or a namespace that did not let the socket in. client_socket::connect() throws it,
/// and on_connect_error() is told. Its code is errc::disconnected.
class connect_error : public error {
 public:
  /// @param refused  Whether the server has refused the socket.
  /// @param message  Of the server's middleware; or what went wrong on the way.
  /// @param data     Of the server's middleware; else null.
  connect_error(bool refused, std::string message, boost::json::value data = {});

  /// Whether the server has refused the socket: then nobody tries again, until connect() is called. False: the server
  /// was not reached, which may change.
  bool refused() const noexcept { return refused_; }
  /// The text of the server's error; or of what went wrong on the way. A server can write anything here.
  const std::string& message() const noexcept { return message_; }
  /// The data of the server's error; else null.
  const boost::json::value& data() const noexcept { return data_; }

 private:
  bool refused_;
  std::string message_;
  boost::json::value data_;
};

}  // namespace cosio::inline v0_2
