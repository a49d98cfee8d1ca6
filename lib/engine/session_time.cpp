// One client's Engine.IO life: its deadlines.

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using wire::packet_type;
using wire::revision;

constexpr std::chrono::seconds retry_after{1};

const shared_frame& ping_frame() {
  static const shared_frame ping = frame::text(packet_type::ping, {});
  return ping;
}

// A packet without effect, sent to see whether a client of revision 3 still reads: such clients are not pinged.
const shared_frame& probe_for(bool on_websocket) {
  static const shared_frame noop = frame::text(packet_type::noop, {});
  static const shared_frame websocket_ping = frame::control(wire::opcode::ping, {});
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

// Nothing has come since the handshake. A client that is slow has the time of the heartbeat, unless so many are silent
// that these may be a flood of handshakes. This is looked at again and again.
void session::judge_silence(async::time_point now) {
  if (!polling_ || ending_ || now < polling_->first_request_by()) return;
  if (!host().too_many_silent()) {
    constexpr std::chrono::milliseconds least{1'000};
    return polling_->first_request_by(host().timers().after(std::max(host().settings().first_request_timeout, least)));
  }
  host().counters().hit(base::limit::first_request_timeout);
  base::log(log_level::info, "engine",
            "session " + std::string(short_id()) + "… (" + std::string(request_.remote_address()) +
                ") ends: no request has followed its handshake within options.first_request_timeout, and more clients "
                "than options.max_silent_sessions are silent like it",
            {{"session", short_id()}, {"address", request_.remote_address()}});
  close_now(reason(reason::kind::forced_close,
                   "no request followed the handshake within first_request_timeout, and more than max_silent_sessions "
                   "were waited for"));
}

// The client may have been heard since this session was chosen: only its strand knows. One that has not been opened
// yet stays: its handshake is under way, and the table may not have it. One that closes has its own end.
void session::end_if_silent() {
  if (!counted_ || ending_ || !silent_.load(std::memory_order_relaxed)) return;
  host().counters().hit(base::limit::max_silent_sessions_per_address);
  close_now(reason(reason::kind::forced_close,
                   "no request followed the handshake, and more than max_silent_sessions_per_address were waited for"));
}

void session::set_timer() {
  auto when = heartbeat_.next();
  if (ending_) when = std::min(when, ending_->by);
  if (upgrade_) when = std::min(when, upgrade_->steps.next());
  if (opening_) when = std::min(when, opening_->when);
  if (polling_ && !ending_) when = std::min(when, polling_->first_request_by());
  when = std::min(when, behind_until_);
  host().timers().arm(*this, when);
}

void session::on_deadline() {
  async::post(get_strand(), "engine", [self = shared_from_this()] { self->on_time(); });
}

// Reading is paused, so the client's pong may be unread. Bytes that leave the outbox prove the client alive instead; if
// nothing is queued, the next ping is (revision 4), or a probe. But if all handlers wait for the client, and none has
// ended since the last call, nothing else would end the pause: then the client's time is over. Where hooks are the
// cause, all their coroutines must wait for the client as well.
bool session::still_reads() {
  const bool progressed = handlers_progressed_;
  handlers_progressed_ = false;
  if (!progressed && handler() && handler()->waits_for_client(hooks_full_ ? hooks_ : 0)) return false;
  const auto progress = output_.take_progress();
  if (progress == output::progress::idle && revision_ == revision::v3) send({&probe_for(on_websocket()), 1});
  return progress != output::progress::stuck;
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
  if (ending_ && now >= ending_->by) {
    if (!on_websocket() || output_.take_progress() != output::progress::moving) return close_now();
    wait_for_reader();
  }
  if (opening_ && now >= opening_->when) finish_opening();
  if (now >= behind_until_) {
    behind_until_ = async::time_point::max();
    output_.end_if_behind();
    if (output_.is_broken()) return abort();
  }
  judge_silence(now);
  if (is_state(state::closed)) return;
  if (upgrade_) {
    const auto what = upgrade_->steps.due(now);
    if (what == upgrade::action::close) close_upgrade();
    if (what == upgrade::action::send_noop) answer_held({packet_type::noop});
  }
  auto beat = heartbeat_.due(now);
  if (beat == heartbeat::action::close && input_paused_ && still_reads()) {
    pause_spares_ = true;
    heartbeat_.on_unread(now);
    beat = heartbeat_.due(now);
  }
  switch (beat) {
    case heartbeat::action::close:
      return close_now(reason(reason::kind::ping_timeout));
    case heartbeat::action::send_ping:
      if (output_.send_first(ping_frame())) {
        tell_created(ping_frame());
      } else {
        heartbeat_.on_pong(now);  // an answer to nothing is not waited for
      }
      if (const auto above = handler()) hand_up([&] { above->on_heartbeat(); });
      break;
    case heartbeat::action::nothing:
      break;
  }
  if (!is_state(state::closed)) set_timer();
}

}  // namespace cosio::inline v0_2::engine
