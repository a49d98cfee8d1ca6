// Listens to one connection for the manager, until the manager lets go of it. It owns the connection: so one that is
// being closed is told apart from the next.

#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "client/engine_client.hpp"
#include "client/pending_result.hpp"

namespace cosio::inline v0_2::clients {

/// The manager, as a connection sees it.
/// @par Threads  The strand of the manager.
class connection_owner {
 public:
  virtual ~connection_owner() = default;
  virtual void opened(const engine_handshake& by) = 0;
  virtual void changed_transport(std::string_view to) = 0;
  virtual void received(const message& what) = 0;
  virtual void pinged() = 0;
  virtual void drained() = 0;
  virtual void ended(const engine_end& how) = 0;
};

/// @par Threads  The strand of the manager.
class connection_ear final : public engine_listener {
 public:
  explicit connection_ear(std::weak_ptr<connection_owner> to) : to_(std::move(to)) {}

  void on_open(const engine_handshake& opened) override {
    if (const auto to = to_.lock()) to->opened(opened);
  }
  void on_message(message what) override {
    if (const auto to = to_.lock()) to->received(what);
  }
  void on_drain() override {
    if (const auto to = to_.lock()) to->drained();
  }
  void on_upgrade(std::string_view transport) override {
    if (const auto to = to_.lock()) to->changed_transport(transport);
  }
  void on_ping() override {
    if (const auto to = to_.lock()) to->pinged();
  }
  void on_close(engine_end end) override {
    closed->settle(true);
    if (const auto to = to_.lock()) to->ended(end);
  }
  /// The manager is told nothing any more.
  void let_go() noexcept { to_.reset(); }

  std::shared_ptr<engine_client> engine;
  const std::shared_ptr<pending_result<bool>> closed = std::make_shared<pending_result<bool>>();

 private:
  std::weak_ptr<connection_owner> to_;
};

}  // namespace cosio::inline v0_2::clients
