// What a socket needs of its manager.

#pragma once
#include <cosio/client_options.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "client/packet_codec.hpp"
#include "client/pending_result.hpp"

namespace cosio::inline v0_2::clients {

/// @par Threads  The strand of the manager.
class client_socket_owner {
 public:
  virtual ~client_socket_owner() = default;

  /// A socket is active: a connection is made, if there is none. Then its on_open() is called.
  virtual void want_connection() = 0;
  /// A socket is not active any more. Without another one the connection is closed.
  virtual void left() = 0;
  /// Whether there is a connection.
  virtual bool is_open() const noexcept = 0;
  /// Whether what is sent now would be lost: the heartbeat is overdue.
  virtual bool is_overdue() const noexcept = 0;
  /// Whether nothing waits before what is sent now.
  virtual bool is_idle() const noexcept = 0;
  /// For protocol 4: whether the server has let the client into "/" in this connection; and the id there.
  virtual std::optional<std::string> root_id() const = 0;
  virtual void send(const packet_out& what, bool compress) = 0;
  /// Waits while much waits in the connection. @return null when nothing is to be waited for.
  virtual std::shared_ptr<pending_result<bool>> room() = 0;

  /// Starts the coroutine of a handler, which keeps what it needs.
  virtual void start_handler(task<> work) = 0;
  /// Calls `handle` when there is room for further handlers: now, or later and in order.
  virtual void when_room(std::size_t bytes, std::function<void()> handle) = 0;

  /// A figure of the metrics goes up.
  virtual void count(std::uint64_t client_metrics::* what) noexcept = 0;
  virtual const manager_options& settings() const noexcept = 0;
};

}  // namespace cosio::inline v0_2::clients
