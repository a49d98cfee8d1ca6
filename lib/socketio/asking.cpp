// Emitting and awaiting the answer.

#include "socketio/asking.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "engine/flush.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/server_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::socketio {

void pending_answer::suspended(std::shared_ptr<async::suspension> waiting) { waiting_ = std::move(waiting); }

void pending_answer::answered(arguments answer) {
  answer_ = std::move(answer);
  waiting_->end_now();
}
void pending_answer::gone() { waiting_->end(make_error_code(errc::disconnected)); }
void pending_answer::on_deadline() noexcept { waiting_->end(make_error_code(errc::timed_out)); }

arguments pending_answer::take(boost::system::error_code ended_with, std::string_view event) {
  if (ended_with == make_error_code(errc::disconnected)) {
    throw error(errc::disconnected, "the socket left before \"" + std::string(event) + "\" was answered");
  }
  if (ended_with == make_error_code(errc::timed_out)) throw error(errc::timed_out, "operation has timed out");
  if (ended_with) throw boost::system::system_error(ended_with);
  return std::move(answer_);
}

namespace {

// By value: the answer may come, and end the coroutine that asked, before this returns.
void start_asking(std::shared_ptr<socket_core> to, emit_flags flags, std::uint64_t id, std::shared_ptr<pending_answer> waiting,
                  std::shared_ptr<const encoded_packet> packet, std::shared_ptr<server_core> server) {
  const bool alive = to->acks().wait(id, waiting);
  if (!alive || to->send(*packet, flags.is_volatile) == delivery::refused) return waiting->gone();
  if (flags.timeout) server->timers().arm_after(*waiting, *flags.timeout);
}

}  // namespace

task<arguments> ask(std::shared_ptr<socket_core> to, emit_flags flags, std::string event, event_data data) {
  const auto server = to->nsp()->server();
  if (!server) throw error(errc::cancelled, "the server is gone");
  const std::uint64_t id = to->nsp()->next_ack_id();
  const auto waiting = std::make_shared<pending_answer>();
  waiting->owned_by(waiting);
  const auto packet = std::make_shared<const encoded_packet>(to->nsp()->name(), wire::sio_type::event, id, event, std::move(data));
  auto hand_out = [to, flags, id, waiting, packet, server](std::shared_ptr<async::suspension> suspended) {
    waiting->suspended(std::move(suspended));
    start_asking(to, flags, id, waiting, packet, server);
  };
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  server->timers().disarm(*waiting);
  to->acks().forget(id);
  co_return waiting->take(ec, event);
}

namespace {

// Collects the answers of many clients.
class collector final : public async::deadline, public std::enable_shared_from_this<collector> {
 public:
  explicit collector(std::size_t expected) : expected_(expected) {}

  void suspended(std::shared_ptr<async::suspension> waiting) {
    bool done = false;
    {
      const std::lock_guard lock(mutex_);
      waiting_ = waiting;
      done = ended_ == expected_ || timed_out_;
    }
    if (done) waiting->end();
  }

  void one(std::optional<arguments> answer) {
    std::shared_ptr<async::suspension> waiting;
    {
      const std::lock_guard lock(mutex_);
      if (answer) {
        responses_.push_back(std::move(*answer));
      } else {
        complete_ = false;
      }
      if (++ended_ == expected_) waiting = waiting_;
    }
    if (waiting) waiting->end();
  }

  void on_deadline() noexcept override {
    std::shared_ptr<async::suspension> waiting;
    {
      const std::lock_guard lock(mutex_);
      timed_out_ = true;
      waiting = waiting_;
    }
    if (waiting) waiting->end();
  }

  answers take() {
    const std::lock_guard lock(mutex_);
    return answers(std::move(responses_), complete_ && ended_ == expected_);
  }

 private:
  std::mutex mutex_;
  std::vector<arguments> responses_;
  std::shared_ptr<async::suspension> waiting_;
  const std::size_t expected_;
  std::size_t ended_ = 0;
  bool complete_ = true;
  bool timed_out_ = false;
};

class collected_answer final : public answer_sink {
 public:
  explicit collected_answer(std::shared_ptr<collector> by) : by_(std::move(by)) {}
  void answered(arguments answer) override { by_->one(std::move(answer)); }
  void gone() override { by_->one(std::nullopt); }

 private:
  std::shared_ptr<collector> by_;
};

}  // namespace

task<answers> ask_all(std::shared_ptr<nsp_core> nsp, target to, std::string event, event_data data) {
  if (!to.flags.timeout) throw error(errc::bad_argument, "a broadcast that awaits acknowledgements needs a timeout: call timeout() first");
  const auto server = nsp->server();
  if (!server) throw error(errc::cancelled, "the server is gone");
  const std::uint64_t id = nsp->next_ack_id();
  const encoded_packet packet(nsp->name(), wire::sio_type::event, id, std::move(event), std::move(data));
  const auto receivers = nsp->adapter().local_sockets(to);
  const auto collected = std::make_shared<collector>(receivers.size());
  collected->owned_by(collected);
  const auto sink = std::make_shared<collected_answer>(collected);
  std::vector<std::shared_ptr<socket_core>> asked;
  {
    const engine::flush_scope scope;
    for (const auto& receiver : receivers) {
      auto socket = std::dynamic_pointer_cast<socket_core>(receiver);
      if (!socket || !socket->acks().wait(id, sink)) {
        sink->gone();
        continue;
      }
      const delivery what = socket->deliver(packet, to.flags);
      if (what != delivery::queued && socket->acks().forget(id)) sink->gone();  // unless it left just now, and has said so
      asked.push_back(std::move(socket));
    }
  }
  if (!receivers.empty()) {
    server->timers().arm_after(*collected, *to.flags.timeout);
    auto hand_out = [collected](std::shared_ptr<async::suspension> waiting) { collected->suspended(std::move(waiting)); };
    const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
    server->timers().disarm(*collected);
    for (const auto& socket : asked) socket->acks().forget(id);
    if (ec) throw boost::system::system_error(ec);
  }
  co_return collected->take();
}

}  // namespace cosio::socketio
