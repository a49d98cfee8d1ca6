// One client's Engine.IO life: from polling to WebSocket.

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::engine {
namespace {

using wire::packet_type;

}  // namespace

bool session::start_upgrade(std::shared_ptr<websocket_transport> transport, std::string leftover) {
  if (state_ == state::closed || !polling_ || upgrade_) return false;
  upgrade_ = std::make_unique<upgrading>(
      upgrading{transport, upgrade(host_->timers().now(), host_->settings().upgrade_timeout)});
  set_timer();
  transport->start(shared_from_this(), std::move(leftover));
  return true;
}

void session::on_probe_packet(const wire::engine_packet& packet) {
  switch (upgrade_->steps.on_packet(packet, host_->timers().now())) {
    case upgrade::action::answer_probe: {
      const shared_frame answer = frame::text(packet_type::pong, "probe");
      upgrade_->transport->write_now(answer);
      set_timer();
      break;
    }
    case upgrade::action::complete:
      complete_upgrade();
      break;
    default:
      abandon_upgrade();
  }
}

void session::complete_upgrade() {
  const flush_scope scope(this);
  answer_held({packet_type::close});  // compliant clients hold none by now
  if (polling_->posting()) polling_->posting()->destroy();
  polling_ = nullptr;
  host_->counters().add(base::counter::upgrades);
  host_->counters().subtract(kind_now(false));
  host_->counters().add(kind_now(true));
  const auto transport = std::exchange(upgrade_, nullptr)->transport;
  heartbeat_.on_upgrade(host_->timers().now());
  {
    const base::lock_guard lock(mutex_);
    on_websocket_ = true;
    websocket_ = transport;
  }
  close_by_ = async::time_point::max();
  if (input_held_) transport->hold(true);
  set_timer();
  if (const auto above = handler_; above && state_ == state::open) hand_up([&] { above->on_upgrade(); });
  flush();
  if (state_ == state::closing && buffered() == 0) finish_close();
}

void session::abandon_upgrade() {
  if (const auto given_up = std::exchange(upgrade_, nullptr)) {
    tell_given_up();
    given_up->transport->close(0);
  }
}

void session::tell_given_up() {
  host_->counters().add(base::counter::upgrades_abandoned);
  if (!base::logs(log_level::debug)) return;
  const std::string who(short_id());
  base::log(log_level::debug, "engine", "session " + who + "…: upgrade given up, polling goes on", {{"session", who}});
}

}  // namespace cosio::engine
