// Rooms of one server in memory, and connection state recovery.

#include "adapter/memory_adapter.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/guarded.hpp"

namespace cosio::adapters {

memory_adapter::memory_adapter(adapter_host& host) : local_adapter(host), recovers_(host.recovery() != nullptr) {
  if (const recovery_options* offered = host.recovery())
    log_.emplace(*offered, host.longest_silence(), host.wall_clock());
}

recovery_log& memory_adapter::log() {
  assert(log_);
  return *log_;
}

task<> memory_adapter::close() {
  if (recovers_) host().timers().disarm(*this);
  co_return;
}

task<admission> memory_adapter::connect(std::shared_ptr<local_socket> who,
                                        std::shared_ptr<const session_record> resumed) {
  admission out;
  host().gather([&] {
    changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
      std::optional<stream_position> resent;
      const auto send_again = [&](const auto& missed, stream_position at) {
        who->emit(*missed, emit_flags());
        resent = at;
      };
      if (resumed && !log().replay(*resumed, send_again)) return;
      out.ok = put_in(who, events);
      if (!recovers_) return;
      out.since = resent ? resumed->since : log_->last().text();  // the connection may be lost again before they arrive
      if (resent) out.resent = resent->text();
    });
  });
  co_return out;
}

task<report> memory_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  report sum;
  if (!recovers_) {
    sum = deliver(*packet, to);
    co_return sum;
  }
  host().gather([&] {
    const base::lock_guard lock(mutex_);
    packet = logged(std::move(packet), to);
    sum = deliver_locked(*packet, to);
  });
  host().delivered(sum);
  co_return sum;
}

task<delivery> memory_adapter::emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                                    emit_flags flags) {
  const base::lock_guard lock(mutex_);
  target only;
  only.everybody = false;
  only.rooms.push_back(to->id());
  only.flags = flags;
  packet = logged(std::move(packet), only);
  if (to->alive()) co_return to->emit(*packet, flags);
  const report sum = deliver_locked(*packet, only);  // the client may have come back: a new socket has this id
  host().delivered(sum);
  if (sum.queued > 0) co_return delivery::queued;
  co_return sum.over_budget > 0 ? delivery::over_budget : delivery::refused;
}

std::shared_ptr<const outgoing_packet> memory_adapter::logged(std::shared_ptr<const outgoing_packet> packet,
                                                              const target& to) {
  if (to.flags.is_volatile || packet->ack_id()) return packet;
  const stream_position at = log().next(host().wall_clock());
  packet = packet->with_offset(at.text());
  log().append(at, packet, to, host().timers().now());
  wake_for_trim();
  return packet;
}

task<> memory_adapter::persist_session(session_record record) {
  const base::lock_guard lock(mutex_);
  log().keep(std::move(record), host().timers().now());
  wake_for_trim();
  co_return;
}

task<std::shared_ptr<const session_record>> memory_adapter::restore_session(std::string pid, std::string offset) {
  std::shared_ptr<const session_record> out;
  const base::lock_guard lock(mutex_);
  if (auto found = log().take(pid, offset, host().timers().now()))
    out = std::make_shared<const session_record>(std::move(*found));
  co_return out;
}

// Arms one deadline for the oldest entry. Newer entries become too old later.
void memory_adapter::wake_for_trim() {
  if (will_trim_) return;
  const auto at = log().next_trim();
  if (!at) return;
  will_trim_ = true;
  owned_by(weak_from_this());
  host().timers().arm(*this, std::max(*at, host().timers().now()) + std::chrono::seconds(1));
}

void memory_adapter::on_deadline() noexcept {
  const base::lock_guard lock(mutex_);
  will_trim_ = false;
  log().trim(host().timers().now());
  wake_for_trim();
}

}  // namespace cosio::adapters
