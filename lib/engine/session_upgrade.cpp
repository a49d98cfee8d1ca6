// One client's Engine.IO life: from polling to WebSocket.

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using wire::packet_type;

}  // namespace

bool session::start_upgrade(std::shared_ptr<websocket_transport> transport, std::string leftover,
                            const http::request& request) {
  if (is_state(state::closed) || !polling_ || upgrade_) return false;
  note_request();
  keep_upgrade_request(request);
  upgrade_ = std::make_unique<upgrading>(
      upgrading{transport, upgrade(host().timers().now(), host().settings().upgrade_timeout)});
  set_timer();
  transport->start(shared_from_this(), std::move(leftover));
  return true;
}

void session::on_probe_packet(const wire::engine_packet& packet) {
  switch (upgrade_->steps.on_packet(packet, host().timers().now())) {
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
      close_upgrade();
  }
}

void session::complete_upgrade() {
  const flush_scope scope(this);
  end_held_poll();
  if (polling_->posting()) polling_->posting()->abort();
  polling_ = nullptr;
  host().counters().add(base::counter::upgrades);
  host().counters().subtract(kind_now(false));
  host().counters().add(kind_now(true));
  const auto transport = std::exchange(upgrade_, nullptr)->transport;
  heartbeat_.on_upgrade(host().timers().now());
  output_.use_websocket(transport);
  if (ending_) wait_for_reader();
  if (input_paused_) transport->pause_reading(true);
  set_timer();
  if (const auto above = handler(); above && is_state(state::open)) hand_up([&] { above->on_upgrade(); });
  if (is_state(state::open)) tell_upgrade();
  output_.flush();
  if (is_state(state::closing) && buffered() == 0) close_now();
}

void session::close_upgrade() {
  if (const auto probing = std::exchange(upgrade_, nullptr)) {
    count_failed_upgrade();
    probing->transport->close(0, time_to_answer_close());
  }
}

void session::count_failed_upgrade() {
  host().counters().add(base::counter::upgrades_abandoned);
  if (!base::logs(log_level::debug)) return;
  const std::string who(short_id());
  base::log(log_level::debug, "engine", "session " + who + "…: upgrade given up, polling goes on", {{"session", who}});
}

}  // namespace cosio::inline v0_2::engine
