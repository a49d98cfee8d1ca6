// One client's Engine.IO life on polling: a held GET for packets that go out, a POST for packets that come in.

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/turn.hpp"
#include "wire/jsonp.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using wire::packet_type;

// Without memory for the reason, the refusal has none.
void refuse_moved(poll_request& poll) noexcept {
  base::guarded("engine", [&] { poll.refuse(refused(refusal_kind::transport_mismatch)); });
  poll.answer(400, {});
}

}  // namespace

// A request of the client has come, on polling or for an upgrade.
void session::note_request() noexcept {
  asked_ = true;
  polling_->first_request_by(async::time_point::max());
  if (end_silence()) host().heard(*this);
}

void session::on_poll(std::shared_ptr<poll_request> poll) {
  const flush_scope scope(this);
  if (is_state(state::closed)) return poll->refuse(refused(refusal_kind::unknown_sid));
  if (!polling_) return refuse_moved(*poll);
  note_request();
  if (polling_->holding()) {
    poll->answer(400, {});
    return close(reason(reason::kind::transport_error, "overlap from client"), true);
  }
  polling_->hold(std::move(poll), upgrade_ && upgrade_->steps.is_probed());
  if (output_.on_poll_held()) {
    answer_poll();
    if (is_state(state::closing) && !output_.is_broken()) wait_for_reader();
    return;
  }
  if (is_state(state::closing)) {
    answer_held({packet_type::noop, packet_type::close});
    close_now();
  }
}

void session::on_poll_aborted(const std::shared_ptr<poll_request>& poll) {
  if (!polling_ || polling_->held() != poll) return;
  const auto gone = polling_->take_held();
  output_.on_poll_answered();
  gone->answer(400, {});
  close_now(reason(reason::kind::transport_error, "poll connection closed prematurely"));
}

bool session::begin_post(std::shared_ptr<http::exchange> x) {
  if (!polling_ || is_state(state::closed)) return false;
  if (polling_->posting()) {
    polling_->posting()->abort();
    close(reason(reason::kind::transport_error, "data request overlap from client"), true);
    return false;
  }
  note_request();
  polling_->posting(std::move(x));
  return true;
}

session::post_state session::take_post(const std::shared_ptr<http::exchange>& x, result<std::string> body, bool binary,
                                       bool begun) {
  if (!begun && !begin_post(x)) return post_state::refused;
  if (!is_posting(x)) return polling_ ? post_state::taken : post_state::refused;
  if (body.has_error()) {
    polling_->posting(nullptr);
    if (body.error().code == errc::timed_out)
      close(reason(reason::kind::transport_error, "the body of a data request did not come in time"), true);
    else if (body.error().code != errc::payload_too_large)
      close(reason(reason::kind::transport_error, "data request connection closed prematurely"), true);
    return post_state::taken;
  }
  if (!begin_payload(std::move(*body), binary)) {
    polling_->posting(nullptr);
    return post_state::taken;
  }
  return continue_post(x);
}

bool session::is_posting(const std::shared_ptr<http::exchange>& x) const noexcept {
  return polling_ && polling_->posting() == x;
}

// @return false when there is nothing to read.
bool session::begin_payload(std::string body, bool binary) {
  if (!is_state(state::open)) return false;  // nobody would give back what is charged now
  const engine_options& settings = host().settings();
  if (polling_->is_jsonp()) {
    auto form = wire::read_jsonp_form(body, settings.max_payload);
    if (!form || !*form) return false;  // a form without the field is no error
    body = std::move(**form);
    binary = false;
  }
  charge_input(body.size());
  if (!is_state(state::open)) return false;
  const wire::payload_limits limits{settings.max_payload, settings.max_packets};
  polling_->reading(std::make_unique<polling_transport::posted_payload>(std::move(body), revision_, binary, limits));
  return true;
}

session::post_state session::continue_post(const std::shared_ptr<http::exchange>& x) {
  if (!is_posting(x)) return drop_payload();
  const flush_scope scope(this);
  const auto keep = shared_from_this();
  const auto above = handler();
  const bool unread = read_payload();
  end_of_input(above);
  if (!is_posting(x)) return drop_payload();
  if (input_paused_ && is_state(state::open)) return post_state::input_paused;
  if (unread) return post_state::unread;
  polling_->reading(nullptr);
  polling_->posting(nullptr);
  charge_input(0);
  return post_state::taken;
}

// The POST is over before its body has been read. The rest goes, unless it is that of another POST.
session::post_state session::drop_payload() {
  if (!polling_) return post_state::refused;
  if (!polling_->posting()) polling_->reading(nullptr);
  return post_state::taken;
}

// Hands up the packets of one turn. @return whether there are more.
bool session::read_payload() {
  for (std::size_t packets = 0; is_state(state::open) && !input_paused_; ++packets) {
    if (packets == per_turn) return true;
    const auto packet = polling_->reading()->reader.next();
    if (packet.has_error()) {
      if (packet.error().code == errc::payload_too_large) host().counters().hit(base::limit::max_packets);
      close_for_bad_packet(packet.error().code);
      return false;
    }
    if (!*packet) return false;
    if ((*packet)->type == packet_type::close) {
      answer_held({packet_type::noop});
      close_now(reason(reason::kind::transport_close, "the client sent a close packet"));
      return false;
    }
    receive(**packet);
  }
  return is_state(state::open);  // reading is paused; it may go on at the end of this input
}

// The session moves to WebSocket. Clients that keep the rules hold no GET by then. One that came behind the probe came
// too late: with several threads it may be here before the upgrade packet that was sent before it.
void session::end_held_poll() {
  if (!polling_->holding() || !polling_->is_behind_probe()) return answer_held({packet_type::close});
  output_.on_poll_answered();
  refuse_moved(*polling_->take_held());
}

// Answers the held GET with control packets only.
void session::answer_held(std::initializer_list<packet_type> types) {
  if (!polling_ || !polling_->holding()) return;
  output_.on_poll_answered();
  polling_->take_held()->answer(200, polling_->control(types));
}

void session::answer_poll() noexcept {
  if (!polling_ || !polling_->holding()) return output_.flush();  // on WebSocket meanwhile, or answered already
  try {
    output_.answer(*polling_);
  } catch (...) {
    output_.on_broken(std::current_exception());
  }
}

}  // namespace cosio::inline v0_2::engine
