// One client's Engine.IO life on polling: a held GET for packets that go out, a POST for packets that come in.

#include <utility>

#include "base/guarded.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"

namespace cosio::engine {
namespace {

using wire::packet_type;

}  // namespace

void session::on_poll(std::shared_ptr<poll_request> poll) {
  const flush_scope scope(this);
  if (is_state(state::closed) || !polling_) return poll->answer(400, {});
  if (polling_->holding()) {
    poll->answer(400, {});
    return close(reason(reason::kind::transport_error, "overlap from client"), true);
  }
  polling_->hold(std::move(poll));
  if (output_.on_poll_held()) {
    if (is_state(state::closing)) wait_for_poll();
    return answer_poll();
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
  if (!polling_) return false;
  if (polling_->posting()) {
    polling_->posting()->abort();
    close(reason(reason::kind::transport_error, "data request overlap from client"), true);
    return false;
  }
  polling_->posting(std::move(x));
  return true;
}

session::post_state session::take_post(const std::shared_ptr<http::exchange>& x, const result<std::string>& body,
                                       bool binary, bool begun) {
  if (!begun && !begin_post(x)) return post_state::refused;
  const bool wanted = end_post(x);
  if (body.has_value()) {
    on_payload(*body, binary);
  } else if (wanted && body.error().code != errc::payload_too_large) {
    close(reason(reason::kind::transport_error, "data request connection closed prematurely"), true);
  }
  return input_paused_ && is_state(state::open) ? post_state::input_paused : post_state::taken;
}

bool session::end_post(const std::shared_ptr<http::exchange>& x) {
  if (!polling_ || polling_->posting() != x) return false;
  polling_->posting(nullptr);
  return true;
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

}  // namespace cosio::engine
