// Why a session or a socket ended, spelled as the reference spells it.

#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace cosio {

/// Why a session or a socket ended.
///
/// text() is what handlers, logs and other Socket.IO servers know; detail() says more when there is more to say.
/// @par Threads  A value.
class reason {
 public:
  enum class kind : std::uint8_t {
    transport_close,              ///< the peer closed, or the connection was lost
    transport_error,              ///< the transport was used wrongly, or broke
    ping_timeout,                 ///< no heartbeat in time
    parse_error,                  ///< an Engine.IO packet that cannot be read
    forced_close,                 ///< the server closed the session, or the client broke the Socket.IO protocol
    forced_server_close,          ///< the same, while the transport could not close at once
    client_namespace_disconnect,  ///< the client left the namespace
    server_namespace_disconnect,  ///< the server disconnected the socket
    server_shutting_down,         ///< server.close()
    slow_consumer,                ///< the client read slower than its byte budget allows
    credentials_expired,          ///< the time of client::expires_at() came, and nobody renewed it
    rate_limit_exceeded           ///< the client sent more than options.max_byte_rate allows
  };

  reason() noexcept = default;
  explicit(false) reason(kind what) noexcept : kind_(what) {}  // `return reason::kind::…` reads well
  reason(kind what, std::string detail) : kind_(what), detail_(std::move(detail)) {}

  kind what() const noexcept { return kind_; }
  /// "transport close", "ping timeout", …
  std::string_view text() const noexcept;
  /// What exactly happened, for people; may be empty. Never contains bytes that the peer sent.
  const std::string& detail() const noexcept { return detail_; }

  friend bool operator==(const reason& a, const reason& b) noexcept { return a.kind_ == b.kind_; }
  friend std::ostream& operator<<(std::ostream& out, const reason& r);

 private:
  kind kind_ = kind::transport_close;
  std::string detail_;
};

}  // namespace cosio
