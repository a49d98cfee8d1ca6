// The steps of an upgrade.

#include "engine/upgrade.hpp"

#include "base/later.hpp"

namespace cosio::inline v0_2::engine {

upgrade::action upgrade::on_packet(const wire::engine_packet& packet, time_point now) noexcept {
  if (packet.type == wire::packet_type::ping && packet.data == "probe") {
    probed_ = true;
    noop_at_ = base::later(now, noop_interval);
    return action::answer_probe;
  }
  return packet.type == wire::packet_type::upgrade ? action::complete : action::close;
}

upgrade::action upgrade::due(time_point now) noexcept {
  if (now >= deadline_) return action::close;
  if (!probed_ || now < noop_at_) return action::nothing;
  noop_at_ = base::later(now, noop_interval);
  return action::send_noop;
}

}  // namespace cosio::inline v0_2::engine
