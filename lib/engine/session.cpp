// One client's Engine.IO life: how it opens, on polling or on WebSocket, and what stands above it.

#include "engine/session.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::engine {
namespace {

using wire::packet_type;
using wire::revision;

constexpr std::chrono::milliseconds time_to_listen{
    10};  // between 101 and the open packet of revision 3: the turn of a busy client's event loop

std::chrono::milliseconds timeout_for(revision rev, const engine_options& settings) {
  return rev == revision::v3 ? settings.ping_timeout_eio3 : settings.ping_timeout;
}

}  // namespace

session::session(std::shared_ptr<session_host> host, async::strand strand, std::string id, wire::revision rev,
                 http::request request, bool base64)
    : host_(std::move(host)),
      strand_(std::move(strand)),
      id_(std::move(id)),
      request_(std::move(request)),
      heartbeat_(rev, host_->settings().ping_interval, timeout_for(rev, host_->settings()), host_->timers().now()),
      polling_(std::make_unique<polling_transport>(rev, base64, request_.query("j"))),
      revision_(rev) {}

session::~session() = default;

void session::open(std::string_view open_packet) {
  owned_by(weak_from_this());
  const shared_frame packet = frame::text(packet_type::open, open_packet);
  send({&packet, 1});
  if (const auto& first = host_->settings().initial_packet) {
    const shared_frame greeting = first->is_binary() ? frame::binary(revision_, first->bytes())
                                                     : frame::text(packet_type::message, first->text());
    send({&greeting, 1});
  }
  counted_ = true;
  host_->counters().add(base::counter::handshakes);
  host_->counters().add(kind_now(!polling_));
  set_timer();
}

base::counter session::kind_now(bool websocket) const noexcept {
  return base::counter::sessions + base::session_kind(websocket, revision_ == revision::v4);
}

void session::count_gone() noexcept {
  if (std::exchange(counted_, false)) host_->counters().subtract(kind_now(!polling_));
}

polling_transport::payload session::take_open_payload() {
  const base::lock_guard lock(mutex_);
  auto payload = polling_->take_payload(outbox_, host_->settings().max_payload);
  outbox_.sent(payload.bytes);
  count_out(payload.packets, payload.bytes);
  return payload;
}

void session::open_websocket(std::shared_ptr<websocket_transport> transport, const shared_frame& http_answer,
                             std::string_view open_packet) {
  polling_ = nullptr;
  const bool now = revision_ == revision::v4;
  if (!now) {
    transport->write_now(http_answer);
    arriving_ = std::make_unique<arriving>(arriving{transport, {}, host_->timers().now() + time_to_listen});
  }
  {
    const base::lock_guard lock(mutex_);
    on_websocket_ = true;
    if (now) websocket_ = std::move(transport);
  }
  if (now) send({&http_answer, 1});
  open(open_packet);
}

// The client listens by now.
void session::arrive() {
  const auto here = std::exchange(arriving_, nullptr);
  {
    const base::lock_guard lock(mutex_);
    websocket_ = here->transport;
  }
  if (input_held_) here->transport->hold(true);
  flush();
  start_websocket(std::move(here->leftover));
}

void session::handler(std::shared_ptr<session_handler> above) {
  if (state_ == state::closed) return above->on_close(why_ ? *why_ : reason(reason::kind::forced_close));
  const base::lock_guard lock(mutex_);
  handler_.swap(above);
}

std::shared_ptr<session_handler> session::shared_handler() const {
  const base::lock_guard lock(mutex_);
  return handler_;
}

std::shared_ptr<websocket_transport> session::websocket() const {
  const base::lock_guard lock(mutex_);
  return websocket_;
}

void session::start_websocket(std::string leftover) {
  if (arriving_) {
    arriving_->leftover = std::move(leftover);
    return;
  }
  if (const auto transport = websocket()) transport->start(shared_from_this(), std::move(leftover));
}

}  // namespace cosio::engine
