// The feed's eyes in one namespace: what happens there goes to the backlog.

#pragma once
#include <cosio/report.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "admin/backlog.hpp"
#include "socketio/nsp_watcher.hpp"

namespace cosio::inline v0_2::admin {

/// The feed, as its eyes see it. Any thread.
class watch_owner {
 public:
  virtual ~watch_owner() = default;
  virtual backlog& changes() noexcept = 0;
  /// admin_options::max_shown_bytes.
  virtual std::size_t most_shown() const noexcept = 0;
  /// There is something to send. It does not wait.
  virtual void wake() = 0;
};

class nsp_watch final : public socketio::nsp_watcher {
 public:
  nsp_watch(std::shared_ptr<watch_owner> of, std::string nsp, std::shared_ptr<const socketio::watching> what)
      : nsp_watcher(std::move(what)), feed_(std::move(of)), nsp_(std::move(nsp)) {}

  void joined(const std::shared_ptr<socketio::socket_core>& who) noexcept override;
  void left(const socketio::socket_core& who, const reason& why) noexcept override;
  void upgraded(const socketio::socket_core& who) noexcept override;
  void data_changed(const socketio::socket_core& who) noexcept override;
  void received(const socketio::socket_core& who, std::string_view event, const arguments& args) noexcept override;
  void sent(const socketio::socket_core& who, std::string_view event, const event_data& data) noexcept override;
  /// A room of the namespace has changed.
  void moved(const room_event& what) noexcept;

 private:
  template <class F>
  void note(F change) noexcept;

  const std::shared_ptr<watch_owner> feed_;
  const std::string nsp_;
};

}  // namespace cosio::inline v0_2::admin
