// Emitting and awaiting the answer.

#include "socketio/asking.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "socketio/client_host.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::socketio {

void pending_answer::suspended(std::shared_ptr<async::suspension> waiting) { waiting_ = std::move(waiting); }

void pending_answer::answered(arguments answer) {
  answer_ = std::move(answer);
  waiting_->end_now();
}
void pending_answer::gone() { waiting_->end(make_error_code(errc::disconnected)); }
void pending_answer::refused() { waiting_->end(make_error_code(errc::limit_reached)); }
void pending_answer::dropped() { waiting_->end(make_error_code(errc::dropped)); }
void pending_answer::on_deadline() noexcept { waiting_->end(make_error_code(errc::timed_out)); }

arguments pending_answer::take(boost::system::error_code ended_with, std::string_view event, std::string_view verb) {
  if (ended_with == make_error_code(errc::disconnected)) {
    throw error(errc::disconnected, "the socket left before \"" + std::string(event) + "\" " + std::string(verb));
  }
  if (ended_with == make_error_code(errc::timed_out)) throw error(errc::timed_out, "operation has timed out");
  if (ended_with == make_error_code(errc::dropped)) {
    throw error(errc::dropped, "\"" + std::string(event) + "\" is volatile, and could not go out at once");
  }
  if (ended_with == make_error_code(errc::limit_reached)) {
    throw error(errc::limit_reached,
                "the client owes too many acknowledgements: ask with a timeout, or raise options.max_pending_acks");
  }
  if (ended_with) throw boost::system::system_error(ended_with);
  return std::move(answer_);
}

namespace {

// Parameters by value: the answer may come, and end the coroutine that asked, before this returns.
void start_asking(std::shared_ptr<socket_core> to, emit_flags flags, std::uint64_t id,
                  std::shared_ptr<pending_answer> waiting, std::shared_ptr<const encoded_packet> packet) {
  const acks::place got = to->acks().wait(id, waiting, to->nsp()->max_pending_acks());
  if (got == acks::place::full) {
    to->nsp()->counters().hit(base::limit::max_pending_acks);
    return waiting->refused();
  }
  const bool alive = got == acks::place::waiting;
  if (alive) to->nsp()->counters().add(base::counter::asked);
  const delivery what = alive ? to->send(*packet, flags.is_volatile) : delivery::refused;
  if (what == delivery::dropped) return waiting->dropped();
  if (what != delivery::queued) return waiting->gone();
  if (flags.timeout) to->nsp()->timers().arm_after(*waiting, *flags.timeout);
}

}  // namespace

task<arguments> ask(std::shared_ptr<socket_core> to, emit_flags flags, std::string event, event_data data) {
  if (!to->nsp()->server()) throw error(errc::cancelled, "the server is gone");
  const std::uint64_t id = to->nsp()->next_ack_id();
  const auto waiting = std::make_shared<pending_answer>();
  waiting->owned_by(waiting);
  const auto packet = std::make_shared<const encoded_packet>(to->nsp()->name(), wire::sio_type::event, id, event,
                                                             std::move(data), to->nsp()->form(), flags.compress);
  auto hand_out = [to, flags, id, waiting, packet](std::shared_ptr<async::suspension> suspended) {
    waiting->suspended(std::move(suspended));
    start_asking(to, flags, id, waiting, packet);
  };
  const engine::handler_queue::wait_for_client waits(to->owner()->handlers());
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  to->nsp()->timers().disarm(*waiting);
  to->acks().remove(id);
  if (ec == make_error_code(errc::timed_out)) to->nsp()->counters().add(base::counter::timed_out);
  co_return waiting->take(ec, event, "was answered");
}

task<answers> ask_all(std::shared_ptr<nsp_core> nsp, target to, std::string event, event_data data) {
  if (!to.flags.timeout)
    throw error(errc::bad_argument, "a broadcast that awaits acknowledgements needs a timeout: call timeout() first");
  std::string question = event;
  auto packet =
      std::make_shared<const encoded_packet>(nsp->name(), wire::sio_type::event, nsp->next_ack_id(), std::move(event),
                                             std::move(data), nsp->form(), to.flags.compress);
  auto got = co_await nsp->adapter().broadcast_with_ack(std::move(packet), std::move(to));
  got.question(std::move(question));
  co_return got;
}

}  // namespace cosio::inline v0_2::socketio
