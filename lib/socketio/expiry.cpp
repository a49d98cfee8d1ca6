// Credentials that expire.

#include "socketio/expiry.hpp"

#include <boost/asio/post.hpp>

#include <chrono>

#include "async/hop.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::socketio {

void client_core::expiry::on_deadline() {
  boost::asio::post(strand_, [whose = whose_] {
    if (const auto client = whose.lock()) client->on_expiry();
  });
}

void client_core::expires_in(std::optional<std::chrono::milliseconds> time) {
  async::run_on(session().get_strand(), [self = shared_from_this(), time] { self->set_expiry(time); });
}

void client_core::set_expiry(std::optional<std::chrono::milliseconds> time) {
  if (!time || closed_) {
    expiry_ = nullptr;
    return;
  }
  async::deadlines& timers = server_->timers();
  if (!expiry_) {
    expiry_ =
        std::make_unique<expiry>(weak_from_this(), session().get_strand(), server_->settings().credentials_notice);
    expiry_->owned_by(weak_from_this());
  }
  expiry_->set(timers.now() + *time);
  if (expiry_->next() <= timers.now()) return on_expiry();
  timers.arm(*expiry_, expiry_->next());
}

void client_core::on_expiry() {
  if (!expiry_ || closed_) return;
  const auto now = server_->timers().now();
  const auto ends = expiry_->ends();
  const auto what = expiry_->due(now);
  if (what == expiry::action::close)
    return session().close(reason(reason::kind::credentials_expired, "nobody renewed them in time"), true);
  server_->timers().arm(*expiry_, expiry_->next());
  const std::string& event = server_->settings().credentials_event;
  if (what != expiry::action::tell || event.empty()) return;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ends - now).count();
  for (const auto& [name, e] : socket_list(sockets_)) {
    if (!e.joined) continue;
    const encoded_packet packet(name->text, wire::sio_type::event, std::nullopt, event,
                                detail::encode_event(event, left), e.socket->nsp()->parser());
    e.socket->send(packet, false);
  }
}

}  // namespace cosio::socketio
