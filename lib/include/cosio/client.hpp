// The session behind the sockets of one client.

#pragma once
#include <cosio/engine.hpp>
#include <cosio/socket.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace cosio {

namespace socketio {
class client_core;
}

/// One client: a session, and its sockets in all namespaces. A handle: copies name the same client.
///
/// @par Threads  Any.
class client {
 public:
  client() = default;
  explicit client(std::shared_ptr<socketio::client_core> core) noexcept : core_(std::move(core)) {}

  /// The session: its id (a credential), transport, protocol, and what is queued.
  engine_session conn() const;
  const http::request& request() const noexcept;  ///< the session's first, also after an upgrade

  /// The client's credentials are good until then; another call renews them. Its sockets are told options.credentials_notice before; when nobody
  /// has renewed them by then, the session is closed with the reason `credentials expired`, and cannot be recovered.
  void expires_at(std::chrono::system_clock::time_point when) const;
  /// The same, from now on.
  void expires_in(std::chrono::milliseconds time) const;
  /// No longer.
  void never_expires() const;

 private:
  std::shared_ptr<socketio::client_core> core_;
};

}  // namespace cosio
