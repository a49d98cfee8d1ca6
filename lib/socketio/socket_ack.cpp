// Answering a client's event.

#include "socketio/socket_ack.hpp"

#include <atomic>
#include <utility>

#include "async/spawn.hpp"
#include "engine/session.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

class ack_sender final : public ack::sender {
 public:
  ack_sender(std::shared_ptr<socket_core> to, std::uint64_t id) : to_(std::move(to)), id_(id) {}

  task<> send(event_data answer) override {
    if (sent_.exchange(true)) return async::nothing();
    return send_packet(to_, id_, std::move(answer));
  }

 private:
  static task<> send_packet(std::shared_ptr<socket_core> to, std::uint64_t id, event_data answer) {
    send_ack(*to, id, std::move(answer));
    auto& session = to->session();
    if (session.above_high_water()) co_await session.wait_for_room();
  }

  std::shared_ptr<socket_core> to_;
  std::uint64_t id_;
  std::atomic<bool> sent_{false};
};

}  // namespace

task<> answer_at_end::send(event_data) {
  has_ended_ = true;
  return is_settled_ && is_alone_ ? answer_() : async::nothing();
}

task<> answer_at_end::settle() {
  is_settled_ = true;
  return has_ended_ && is_alone_ ? answer_() : task<>();
}

ack make_ack(std::shared_ptr<socket_core> to, std::uint64_t id) {
  return ack(std::make_shared<ack_sender>(std::move(to), id));
}

void send_ack(socket_core& to, std::uint64_t id, event_data answer) {
  const encoded_packet packet(to.nsp()->name(), wire::sio_type::ack, id, {}, std::move(answer), to.nsp()->form());
  to.session().send(packet.frames(to.revision()));
}

}  // namespace cosio::inline v0_2::socketio
