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

/// One client: a session, and its sockets in all namespaces. A handle.
class client {
 public:
  client() = default;
  explicit client(std::shared_ptr<socketio::client_core> core) noexcept : core_(std::move(core)) {}

  engine_session conn() const;
  const http::request& request() const noexcept;

 private:
  std::shared_ptr<socketio::client_core> core_;
};

}  // namespace cosio
