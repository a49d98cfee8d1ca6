// Somebody who looks on while a namespace works: the dashboard's feed.
//
//   connect, socket_core, dispatch -> nsp_core::sockets_watcher() or events_watcher() -> joined(), left(), sent(), …
//
// Catch-alls of sockets could tell the same, but each costs a coroutine for each event and receiver, and the
// application sees and removes them. A namespace that nobody watches pays one load for each event.

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>
#include <cosio/reason.hpp>

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::socketio {

class socket_core;

/// The things that a watcher wants to be told of at this moment. Any thread.
class watching {
 public:
  std::atomic<bool> sockets{false};
  std::atomic<bool> events{false};
};

/// @par Threads  Any, several at once; sent() also with the lock of an adapter held, so it must not call the adapter.
///               None of them may wait, or call the application.
class nsp_watcher {
 public:
  explicit nsp_watcher(std::shared_ptr<const watching> what) noexcept : what_(std::move(what)) {}
  nsp_watcher(const nsp_watcher&) = delete;
  nsp_watcher& operator=(const nsp_watcher&) = delete;
  virtual ~nsp_watcher() = default;

  bool wants_sockets() const noexcept { return what_->sockets.load(std::memory_order_relaxed); }
  bool wants_events() const noexcept { return what_->events.load(std::memory_order_relaxed); }

  // Told while wants_sockets().
  /// It is in its namespace and in the room of its id; its connection handlers have not begun. On the client's strand.
  virtual void joined(const std::shared_ptr<socket_core>& who) noexcept = 0;
  /// A socket that had joined is not connected any more. It is in its rooms still. On the client's strand.
  virtual void left(const socket_core& who, const reason& why) noexcept = 0;
  /// Its session has moved from polling to WebSocket. On the client's strand.
  virtual void upgraded(const socket_core& who) noexcept = 0;
  /// The application has set socket::data().
  virtual void data_changed(const socket_core& who) noexcept = 0;

  // Told while wants_events().
  /// An event of the client, before catch-alls, middleware and listeners.
  virtual void received(const socket_core& who, std::string_view event, const arguments& args) noexcept = 0;
  /// An event to the client, of which nobody knows yet whether its outbox takes it.
  virtual void sent(const socket_core& who, std::string_view event, const event_data& data) noexcept = 0;

 private:
  const std::shared_ptr<const watching> what_;
};

}  // namespace cosio::inline v0_2::socketio
