// The session behind the sockets of one client.

#pragma once
#include <cosio/engine.hpp>
#include <cosio/socket.hpp>

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

 private:
  std::shared_ptr<socketio::client_core> core_;
};

}  // namespace cosio
