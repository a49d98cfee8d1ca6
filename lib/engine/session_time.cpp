// One client's Engine.IO life: its deadlines.

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::engine {
namespace {

namespace asio = boost::asio;
using wire::packet_type;
using wire::revision;

constexpr std::chrono::seconds retry_after{1};

const shared_frame& ping_frame() {
  static const shared_frame ping = frame::text(packet_type::ping, {});
  return ping;
}

// A packet without effect, sent to see whether the client still reads. Clients of revision 3 are not pinged.
const shared_frame& probe_for(revision rev, bool on_websocket) {
  static const shared_frame noop = frame::text(packet_type::noop, {});
  static const shared_frame websocket_ping = frame::control(wire::opcode::ping, {});
  if (rev == revision::v4) return ping_frame();
  return on_websocket ? websocket_ping : noop;
}

}  // namespace

void session::on_output_broken(const std::exception_ptr& thrown) noexcept {
  base::log_thrown("engine", {"session ", short_id(), "…: could not send"}, thrown);
  base::guarded("engine", [this] { host().timers().arm_after(*this, std::chrono::milliseconds(0)); });
}

void session::abort() {
  const auto transport = output_.websocket();
  close_now(reason(reason::kind::transport_error, "what was to be sent could not be"));
  if (transport) transport->abort();
}

void session::set_timer() {
  auto when = heartbeat_.next();
  if (ending_) when = std::min(when, ending_->by);
  if (upgrade_) when = std::min(when, upgrade_->steps.next());
  if (opening_) when = std::min(when, opening_->when);
  host().timers().arm(*this, when);
}

void session::on_deadline() {
  asio::post(get_strand(), [self = shared_from_this()] { self->on_time(); });
}

// Reading is paused, so the client's pong may be unread. Bytes that leave the outbox prove the client alive instead; if
// nothing is queued, a probe is.
bool session::still_reads() {
  const auto progress = output_.take_progress();
  if (progress != output::progress::idle) return progress == output::progress::moving;
  send({&probe_for(revision_, on_websocket()), 1});
  return true;
}

// If there is no memory, this is tried again later.
void session::on_time() {
  if (is_state(state::closed)) return;
  try {
    handle_due(host().timers().now());
  } catch (...) {
    base::log_thrown("engine", {"session ", short_id(), "…: its deadline is put off"});
    host().timers().arm_after(*this, retry_after);
  }
}

void session::handle_due(async::time_point now) {
  const flush_scope scope(this);
  if (output_.is_broken()) return abort();
  if (ending_ && now >= ending_->by) return close_now();
  if (opening_ && now >= opening_->when) finish_opening();
  if (upgrade_) {
    const auto what = upgrade_->steps.due(now);
    if (what == upgrade::action::close) close_upgrade();
    if (what == upgrade::action::send_noop) answer_held({packet_type::noop});
  }
  switch (heartbeat_.due(now)) {
    case heartbeat::action::close:
      if (!input_paused_ || !still_reads()) return close_now(reason(reason::kind::ping_timeout));
      heartbeat_.on_upgrade(now);
      break;
    case heartbeat::action::send_ping:
      if (!output_.send_first(ping_frame())) heartbeat_.on_pong(now);  // an answer to nothing is not waited for
      if (const auto above = handler()) hand_up([&] { above->on_heartbeat(); });
      break;
    case heartbeat::action::nothing:
      break;
  }
  if (!is_state(state::closed)) set_timer();
}

}  // namespace cosio::engine
