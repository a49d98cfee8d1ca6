// The reason for which a session or a socket ended, spelled as Socket.IO servers for JavaScript spell it.
//
// Handlers of on_disconnect(), on_disconnecting() and engine_session::on_close() get one, and disconnected() of a
// socket returns one.

#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2 {

/// The reason for an end. Two reasons are equal when their kinds are equal; the detail does not count.
///
/// Programs compare what(); logs and other Socket.IO servers use text(); people read detail().
/// @par Threads  A value: one thread at a time, copies are independent.
/// @par Source   Socket.IO, "The disconnecting reasons"; the last three kinds are additions of this library.
class reason {
 public:
  /// Each kind has one fixed text: its name with spaces in place of underscores.
  enum class kind : std::uint8_t {
    /// The client sent a close packet or a close frame, or the connection was lost.
    transport_close,
    /// The client broke a rule of its transport: a bad WebSocket frame, two polls at once, a ping in place of a pong.
    transport_error,
    /// No heartbeat came within ping_interval and ping_timeout.
    ping_timeout,
    /// An Engine.IO packet that cannot be read, or too many of them in one polling body.
    parse_error,
    /// The server closed the session, or the client broke the Socket.IO protocol (a packet that cannot be read, a
    /// namespace that was never joined, no namespace within options.connect_timeout). Also the end of a silent
    /// session above options.max_silent_sessions or max_silent_sessions_per_address.
    forced_close,
    /// As forced_close for a breach of the protocol, when the transport could not close at once: on polling, while no
    /// GET is held.
    forced_server_close,
    /// The client left this namespace. Its session goes on.
    client_namespace_disconnect,
    /// The server disconnected this socket with socket::disconnect() or disconnect_sockets(), or middleware refused it.
    server_namespace_disconnect,
    /// server::close() was called.
    server_shutting_down,
    /// The client reads too slowly: more than options.max_queued_bytes waited for it, and it took next to nothing of
    /// that for 5 s (of one larger packet: in the time of a heartbeat). Or much more waited, or max_client_bytes.
    slow_consumer,
    /// The time of client::expires_at() came, and nobody had renewed it.
    credentials_expired,
    /// The client sent more bytes than options.max_byte_rate allows.
    rate_limit_exceeded
  };

  /// A `transport close` without a detail.
  reason() noexcept = default;
  /// A reason without a detail. The conversion is implicit, so that `return reason::kind::ping_timeout;` reads well.
  explicit(false) reason(kind what) noexcept : kind_(what) {}
  /// @param detail  A sentence for people; see detail().
  reason(kind what, std::string detail) : kind_(what), detail_(std::move(detail)) {}

  /// The kind, to be compared or switched over.
  kind what() const noexcept { return kind_; }
  /// The fixed text of the kind: "transport close", "ping timeout", … It points to constant text and stays valid.
  std::string_view text() const noexcept;
  /// The exact cause, for people: `more than max_queued_bytes would wait for this client`. Often empty. Never contains
  /// bytes that the peer sent.
  const std::string& detail() const noexcept { return detail_; }

  friend bool operator==(const reason& a, const reason& b) noexcept { return a.kind_ == b.kind_; }
  /// Writes text().
  friend std::ostream& operator<<(std::ostream& out, const reason& r);

 private:
  kind kind_ = kind::transport_close;
  std::string detail_;
};

}  // namespace cosio::inline v0_2
