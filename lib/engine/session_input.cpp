// One client's Engine.IO life: packets in, from either transport.

#include <optional>
#include <utility>

#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"
#include "wire/jsonp.hpp"

namespace cosio::engine {
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
      send({&pong, 1});
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
      return close(reason(reason::kind::parse_error, make_error_code(decoded.error().code).message()), true);
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

void session::on_payload(std::string_view body, bool binary) {
  const flush_scope scope(this);
  const auto keep = shared_from_this();
  const auto above = handler();
  const engine_options& settings = host().settings();
  std::optional<std::string> payload;
  if (polling_ && polling_->is_jsonp()) {
    auto form = wire::read_jsonp_form(body, settings.max_payload);
    if (!form) return;
    payload = std::move(*form);
    if (!payload) return;  // a form without the field is no error
    body = *payload;
    binary = false;
  }
  wire::payload_reader reader(revision_, body, binary, {settings.max_payload, settings.max_packets});
  while (is_state(state::open)) {
    const auto packet = reader.next();
    if (packet.has_error()) {
      if (packet.error().code == errc::payload_too_large) host().counters().hit(base::limit::max_packets);
      close(reason(reason::kind::parse_error, make_error_code(packet.error().code).message()), true);
      break;
    }
    if (!*packet) break;
    if ((*packet)->type == packet_type::close) {
      answer_held({packet_type::noop});
      close_now(reason(reason::kind::transport_close, "the client sent a close packet"));
      break;
    }
    receive(**packet);
  }
  end_of_input(above);
}

// @param whole  Null, or the string with the bytes of a binary packet: it may be moved away.
void session::receive(const wire::engine_packet& packet, std::string* whole) {
  host().counters().add(base::counter::packets_in);
  host().counters().add(base::counter::bytes_in, packet.data.size());
  if (host().settings().max_byte_rate && !within_rate(packet.data.size() + 1)) return;
  const auto now = host().timers().now();
  const packet_type beat = revision_ == revision::v4 ? packet_type::pong : packet_type::ping;
  if (packet.type == packet_type::ping || packet.type == packet_type::pong) {
    if (packet.type != beat) return close(reason(reason::kind::transport_error, "invalid heartbeat direction"), true);
    if (beat == packet_type::pong) {
      heartbeat_.on_pong(now);
      const engine_options& settings = host().settings();
      if (settings.ping_interval < settings.ping_timeout)
        set_timer();  // the next ping is due earlier than the deadline of the pong was
      return;
    }
    heartbeat_.on_ping(now);
    send({&pong_frame(), 1});
    if (const auto above = handler()) hand_up([&] { above->on_heartbeat(); });
    return;
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

void session::pause_input(bool pause) {
  if (input_paused_ == pause) return;
  input_paused_ = pause;
  if (pause) host().counters().hit(base::limit::max_handlers_in_flight);
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

void session::on_input_end(websocket_transport&) {
  const flush_scope scope(this);  // gathers what the handlers send
  end_of_input(handler());
}

void session::end_of_input(const std::shared_ptr<session_handler>& above) {
  const auto keep = above;
  if (keep) hand_up([&] { keep->on_input_end(); });
}

void session::on_too_long() { host().counters().hit(base::limit::max_payload); }

}  // namespace cosio::engine
