// One client's Engine.IO life: packets in, from either transport.

#include <limits>
#include <optional>
#include <utility>

#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using wire::packet_type;
using wire::revision;

const shared_frame& pong_frame() {
  static const shared_frame pong = frame::text(packet_type::pong, {});
  return pong;
}

}  // namespace

void session::on_item(websocket_transport& from, const wire::frame_item& item) {
  const bool probing = upgrade_ && upgrade_->transport.get() == &from;
  if (item.what == wire::frame_item::kind::ping) {
    const shared_frame pong = frame::control(wire::opcode::pong, item.data);
    if (probing) {
      from.write_now(pong);
    } else {
      output_.send_pong(pong);
    }
    return;
  }
  std::string scratch;
  wire::engine_packet packet;
  if (item.what == wire::frame_item::kind::binary) {
    packet = wire::decode_binary_packet(revision_, item.data);
  } else {
    const auto decoded = wire::decode_text_packet(revision_, item.data, scratch);
    if (decoded.has_error()) {
      if (probing) return close_upgrade();
      return close_for_bad_packet(decoded.error().code);
    }
    packet = *decoded;
  }
  if (probing) {
    on_probe_packet(packet);
  } else if (packet.type == packet_type::close) {
    close(reason(reason::kind::transport_close, "the client sent a close packet"), true);
  } else {
    receive(packet, item.whole);
  }
}

// @param whole  Null, or the string with the bytes of a binary packet: it may be moved away.
void session::receive(const wire::engine_packet& packet, std::string* whole) {
  heard_ = true;
  host().counters().add(base::counter::packets_in);
  host().counters().add(base::counter::bytes_in, packet.data.size());
  if (host().settings().max_byte_rate && !within_rate(packet.data.size() + 1)) return;
  if (extras() != nullptr && is_state(state::open)) {
    hand_up([&] { tell_packet(packet); });
    if (is_state(state::closed)) return;
  }
  const auto now = host().timers().now();
  const packet_type beat = revision_ == revision::v4 ? packet_type::pong : packet_type::ping;
  if (packet.type == packet_type::ping || packet.type == packet_type::pong) {
    if (packet.type != beat) return close(reason(reason::kind::transport_error, "invalid heartbeat direction"), true);
    if (beat == packet_type::pong) {
      heartbeat_.on_pong(now);
      const engine_options& settings = host().settings();
      if (settings.ping_interval < settings.ping_timeout)
        set_timer();  // the next ping is due earlier than the deadline of the pong was
      return tell_heartbeat();
    }
    heartbeat_.on_ping(now);
    output_.send_pong(pong_frame());
    tell_created(pong_frame());
    if (const auto above = handler()) hand_up([&] { above->on_heartbeat(); });
    return tell_heartbeat();
  }
  heartbeat_.on_other_packet(now);
  if (packet.type != packet_type::message || !is_state(state::open) || !handler()) return;
  const auto above = handler();
  hand_up([&] {
    if (packet.binary) {
      // Not in revision 3, where the type of the packet is the first byte.
      const bool mine = whole != nullptr && whole->size() == packet.data.size();
      above->on_binary(cosio::binary(mine ? std::move(*whole) : std::string(packet.data)));
    } else {
      above->on_text(packet.data);
    }
  });
}

// @return false when the client has sent more than options.max_byte_rate: then the session closes.
bool session::within_rate(std::size_t bytes) {
  const rate_limit& most = *host().settings().max_byte_rate;
  const auto now = host().timers().now();
  if (!rate_) rate_ = std::make_unique<base::token_bucket>(most.burst, now);
  if (rate_->take(static_cast<double>(bytes), most.per_second, most.burst, now)) return true;
  if (is_state(state::open)) {
    host().counters().hit(base::limit::max_byte_rate);
    close(reason(reason::kind::rate_limit_exceeded, "more bytes than max_byte_rate allows"), true);
  }
  return false;
}

void session::close_after_failed_input(const std::exception_ptr& thrown) {
  base::log_thrown("engine", {"session ", short_id(), "…: input could not be handled"}, thrown);
  close_now(reason(reason::kind::forced_close, "input could not be handled"));
}

// The memory is there already. Events have a limit of their own, so the account refuses nothing here.
void session::charge_held(std::size_t bytes) noexcept {
  if (bytes > held_bytes_) {
    account().add(base::kept::events, bytes - held_bytes_);
  } else {
    account().give_back(base::kept::events, held_bytes_ - bytes);
  }
  held_bytes_ = bytes;
}

void session::note_held(std::size_t waiting, std::size_t running) {
  if (is_state(state::closed)) return;  // its charge was given back
  if (waiting + running < held_bytes_) handlers_progressed_ = true;
  charge_held(waiting + running);
  const std::size_t most = host().settings().max_held_bytes;
  const auto above = handler();
  const bool for_client = above && above->waits_for_client(0) && most <= std::numeric_limits<std::size_t>::max() / 3;
  if (most != 0 && waiting > (for_client ? 3 * most : most)) {
    pause_input(true);
  } else if (for_client || waiting <= most / 2) {
    pause_input(false);
  }
}

void session::pause_input(bool pause) {
  if (held_back_ == pause) return;
  held_back_ = pause;
  if (pause) host().counters().hit(base::limit::max_held_bytes);
  pause_or_read();
}

void session::pause_or_read() {
  const bool pause = held_back_ || hooks_full_;
  if (input_paused_ == pause) return;
  input_paused_ = pause;
  handlers_progressed_ = false;
  // A pong may lie behind input that is not read, and behind input that is read only now. But hooks begin and end a
  // pause without the client, as often as packets go out: so behind the first one the client must be heard.
  if (pause) {
    pause_spares_ = held_back_ || heard_;
    if (!held_back_) heard_ = false;
  }
  if (pause_spares_) heartbeat_.on_unread(host().timers().now());
  if (is_state(state::open)) set_timer();
  if (const auto transport = output_.websocket()) transport->pause_reading(pause);
  if (!pause) waiting_for_input_.end_all();
}

void session::end_when_reading(std::shared_ptr<async::suspension> waiting) {
  if (input_paused_ && is_state(state::open)) {
    waiting_for_input_.add(std::move(waiting));
  } else {
    waiting->end();
  }
}

void session::on_input_end(websocket_transport& from) {
  const flush_scope scope(this);  // gathers what the handlers send
  end_of_input(handler());
  if (!polling_ && !is_state(state::closed)) charge_input(from.unread_bytes());
}

// Input that is in memory: packets that have not been handed up, and those whose last part has not come.
void session::charge_input(std::size_t unread) {
  const std::size_t bytes = unread + (handler() ? handler()->unfinished_bytes() : 0);
  if (bytes <= input_bytes_) {
    account().give_back(base::kept::input, std::exchange(input_bytes_, bytes) - bytes);
  } else if (account().charge(base::kept::input, bytes - input_bytes_)) {
    input_bytes_ = bytes;
  } else {
    close_over_account();
  }
}

void session::close_over_account() {
  host().counters().hit(base::limit::max_client_bytes);
  close(reason(reason::kind::forced_close, "more than max_client_bytes would be kept for this client"), true);
}

void session::end_of_input(const std::shared_ptr<session_handler>& above) {
  const auto keep = above;
  if (keep) hand_up([&] { keep->on_input_end(); });
}

// The packets that came before it are handled first, as if they had come alone: so their answers still go out, to a
// WebSocket or to a held GET.
void session::close_for_bad_packet(errc code) {
  end_of_input(handler());
  close(reason(reason::kind::parse_error, make_error_code(code).message()), true);
}

void session::on_too_long() { host().counters().hit(base::limit::max_payload); }

}  // namespace cosio::inline v0_2::engine
