// One client's Engine.IO life: the GET that is held for what goes out, and the POST that brings what comes in.

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
  if (state_ == state::closed || !polling_) return poll->answer(400, {});
  if (polling_->holding()) {
    poll->answer(400, {});
    return close(reason(reason::kind::transport_error, "overlap from client"), true);
  }
  polling_->hold(std::move(poll));
  bool something = false;
  {
    const base::lock_guard lock(mutex_);
    something = !outbox_.empty();
    poll_held_ = true;
  }
  if (something) return flush_polling();
  if (state_ == state::closing) {
    answer_held({packet_type::noop, packet_type::close});
    finish_close();
  }
}

void session::on_poll_aborted(const std::shared_ptr<poll_request>& poll) {
  if (!polling_ || polling_->held() != poll) return;
  const auto gone = polling_->release();
  {
    const base::lock_guard lock(mutex_);
    poll_held_ = false;
  }
  gone->answer(400, {});
  end(reason(reason::kind::transport_error, "poll connection closed prematurely"));
}

bool session::begin_post(std::shared_ptr<http::exchange> x) {
  if (!polling_) return false;
  if (polling_->posting()) {
    polling_->posting()->destroy();
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
  return input_held_ && state_ == state::open ? post_state::input_held : post_state::taken;
}

bool session::end_post(const std::shared_ptr<http::exchange>& x) {
  if (!polling_ || polling_->posting() != x) return false;
  polling_->posting(nullptr);
  return true;
}

// Answers the held GET with control packets only.
void session::answer_held(std::initializer_list<packet_type> types) {
  if (!polling_ || !polling_->holding()) return;
  {
    const base::lock_guard lock(mutex_);
    poll_held_ = false;
  }
  polling_->release()->answer(200, polling_->control(types));
}

void session::flush_polling() noexcept {
  try {
    answer_poll();
  } catch (...) {
    give_up_output(std::current_exception());
  }
}

void session::answer_poll() {
  if (!polling_ || !polling_->holding()) return flush();  // upgraded meanwhile, or answered already
  polling_transport::payload payload;
  bool awaited = false;
  {
    const base::lock_guard lock(mutex_);
    if (outbox_.empty()) return;
    payload = polling_->take_payload(outbox_, host_->settings().max_payload);
    awaited = settle(payload.bytes);
    poll_held_ = false;
  }
  polling_->release()->answer(200, std::move(payload.body), payload.binary, payload.compress);
  count_out(payload.packets, payload.bytes);
  if (awaited) tell_waiting();
}

}  // namespace cosio::engine
