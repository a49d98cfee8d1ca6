// The client of a socket, as the socket sees it.
//
// The client implements it (client_sockets.hpp). A socket keeps its client by it, and with the client the session.

#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/gate.hpp"
#include "engine/handler_queue.hpp"
#include "engine/session.hpp"
#include "wire/packet_header.hpp"

namespace cosio::inline v0_2::socketio {

class socket_core;

class socket_owner {
 public:
  socket_owner(const socket_owner&) = delete;
  socket_owner& operator=(const socket_owner&) = delete;

  /// Any thread.
  engine::session& session() const noexcept { return *session_; }
  const std::shared_ptr<engine::session>& session_ptr() const noexcept { return session_; }
  const async::strand& strand() const noexcept { return session_->get_strand(); }

  /// A socket joins its namespace: the client is told. On the client's strand.
  /// @return false when the client has left the namespace meanwhile, or is gone.
  virtual bool admit(const std::shared_ptr<socket_core>& who) = 0;
  /// A socket leaves its namespace because the server wants it; the client is told. On the client's strand.
  /// @param close  All sockets of the client leave, and the session is closed.
  virtual void disconnect(const std::shared_ptr<socket_core>& who, bool close) = 0;
  /// Sends a packet that is no event. A parser of the application's that fails ends the client, a moment later.
  virtual void send_control(wire::sio_type type, std::string_view nsp, std::string_view json) = 0;

  /// The time at which its credentials end; nothing: they do not. On the client's strand.
  virtual std::optional<async::time_point> credentials_end() const = 0;
  /// Its credentials end then, unless they end sooner. On the client's strand.
  virtual void credentials_end_by(async::time_point when) = 0;

  /// Held by what a socket that leaves still does in its adapter, so that somebody can wait for it; null: nobody does.
  /// On the client's strand.
  virtual std::shared_ptr<async::gate> leaving() const { return nullptr; }

  /// Where the handlers of this client run.
  virtual engine::handler_queue& handlers() noexcept = 0;
  /// A coroutine waits for an event of this client: one that is held is given to it. Any thread.
  virtual void on_awaited(const std::shared_ptr<socket_core>& by, const std::string& event) = 0;

 protected:
  explicit socket_owner(std::shared_ptr<engine::session> session) noexcept : session_(std::move(session)) {}
  ~socket_owner() = default;  // the owner is destroyed as what it is

 private:
  const std::shared_ptr<engine::session> session_;
};

}  // namespace cosio::inline v0_2::socketio
