// The order of events.

#include "socketio/dispatch.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "async/spawn.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/refusals.hpp"
#include "socketio/socket_ack.hpp"
#include "socketio/socket_core.hpp"
#include "socketio/stopping.hpp"
#include "wire/json_limits.hpp"

namespace cosio::socketio {
namespace {

namespace json = boost::json;

std::string event_name(const json::value& first) {
  if (const auto* name = first.if_string()) return std::string(name->data(), name->size());
  std::string name;  // a number: listeners of its decimal form match
  wire::append_json(name, first);
  return name;
}

// Owns the callable: it must live as long as its coroutine.
task<> call_any(std::shared_ptr<socket_core::any_handler> handler, std::string event, arguments args, ack answer) {
  auto work = (*handler)(std::move(event), std::move(args), std::move(answer));
  co_await std::move(work);
}

}  // namespace

void dispatch::take(received_event event) {
  if (!event.to->connected()) return;
  if (!event.to->nsp()->sequential()) return handle(event, nullptr);
  if (event_queue* busy = queue_of(event.to)) return wait_in_queue(*busy, event);
  handle_in_order(std::move(event));
}

// Catch-alls, middleware, listeners. All that runs for the event has a pass of `of`.
void dispatch::handle(const received_event& event, const std::shared_ptr<running_event>& of) {
  const auto& socket = event.to;
  socket->nsp()->counters().add(base::counter::events);
  const json::array& list = event.data.get_array();
  const bool named = !list.empty();  // always, but for MessagePack
  const std::string name = named ? event_name(list[0]) : std::string();
  const json::value* values = list.data() + (named ? 1 : 0);
  const std::size_t count = list.size() - (named ? 1 : 0);
  const ack answer = event.id ? make_ack(socket, *event.id) : ack();

  handlers_.stay_ready();
  if (!socket->intercepts()) return start_listeners(socket, name, values, count, event.attachments, answer, of);

  const auto any = socket->any_handlers();
  const auto middlewares = socket->middlewares();
  arguments owned(json::array(values, values + count, json::storage_ptr()), event.attachments);
  for (const auto& handler : any) {
    handlers_.add(
        call_any(handler, name, owned, answer),
        [socket, name](std::exception_ptr e) { socket->fail(name, std::move(e)); }, of);
  }
  if (!middlewares) {
    handlers_.run();
    return start_listeners(socket, name, values, count, event.attachments, answer, of);
  }
  auto shared = std::make_shared<packet>(name, std::move(owned), answer);
  const auto let_in = std::make_shared<bool>(false);
  auto failed = [keep = self(), socket, name, shared, let_in](std::exception_ptr e) {
    if (!*let_in) refuse_event(socket, *shared, e);
    socket->fail(name, std::move(e), "packet middleware");
  };
  handlers_.add(run_middlewares(self(), socket, shared, let_in, of), std::move(failed), of);
  handlers_.run();
}

task<> dispatch::run_middlewares(std::shared_ptr<dispatch> self, std::shared_ptr<socket_core> socket,
                                 std::shared_ptr<packet> event, std::shared_ptr<bool> let_in,
                                 std::weak_ptr<running_event> of) {
  auto last = [self, socket, event, let_in, of]() -> task<> {
    *let_in = true;
    if (socket->connected()) {
      const json::array& values = event->args().values();
      self->start_listeners(socket, event->event(), values.data(), values.size(), event->args().attachments(),
                            event->answer(), of.lock());
    }
    return async::nothing();
  };
  auto chain = run_chain<socket_core::packet_middleware, packet>(socket->middlewares(), 0, event, std::move(last));
  co_await std::move(chain);
}

// A middleware kept the event from its listeners. Protocol 4 has a packet to say so. A client that asked for an
// acknowledgement is told in that.
void dispatch::refuse_event(const std::shared_ptr<socket_core>& socket, const packet& event,
                            const std::exception_ptr& thrown) {
  const auto revision = socket->revision();
  if (revision == wire::revision::v3 && socket->connected()) {
    socket->owner()->send_control(wire::sio_type::connect_error, socket->nsp()->name(), refusal_json(thrown, revision));
  }
  if (event.answer() && socket->nsp()->answers_refused_events()) {
    async::spawn(socket->session().get_strand(), "socketio", event.answer()(refusal_answer(thrown)));
  }
}

void dispatch::start_listeners(const std::shared_ptr<socket_core>& socket, const std::string& event,
                               const json::value* values, std::size_t count, const std::vector<binary>& attachments,
                               const ack& answer, const std::shared_ptr<running_event>& of) {
  const detail::event_view view{event, values, count, attachments, answer};
  for (const auto& listener : socket->listeners().take(event)) {
    std::string problem;
    task<> work;
    try {
      work = listener->start(view, problem);
    } catch (...) {  // a conversion of the application's, or a handler that is no coroutine
      socket->fail(event, std::current_exception());
      continue;
    }
    if (!work.valid()) {
      socket->nsp()->counters().add(base::counter::argument_errors);
      socket->fail(socket_error(event, std::move(problem), {}, nullptr));
      continue;
    }
    if (listener->stops_with_client != 0) work = run_until_left(socket, run_kept(listener, std::move(work)));
    handlers_.add(
        std::move(work), [socket, event, kept = listener](std::exception_ptr e) { socket->fail(event, std::move(e)); },
        of);
    handlers_.run();  // before the next is called: it may be no coroutine
  }
}

// ---------------------------------------------------------------- one event at a time

dispatch::event_queue* dispatch::queue_of(const std::shared_ptr<socket_core>& socket) noexcept {
  if (!queues_) return nullptr;
  for (event_queue& q : queues_->of_sockets)
    if (q.of == socket) return &q;
  return nullptr;
}

void dispatch::wait_in_queue(event_queue& at, const received_event& event) {
  at.waiting.push_back(event.kept());
  ++queues_->waiting;
}

void dispatch::handle_in_order(received_event event) {
  const auto socket = event.to;
  if (!queues_) queues_ = std::make_unique<event_queues>();
  event_queue& made = queues_->of_sockets.emplace_back(event_queue{socket, {}});
  made.waiting.push_back(std::move(event));
  ++queues_->waiting;
  start_next(socket);
}

// The handlers of an event have ended: the next event is handled, and so on, until handlers must be waited for again.
void dispatch::start_next(const std::shared_ptr<socket_core>& socket) {
  for (event_queue* at = queue_of(socket); at != nullptr; at = queue_of(socket)) {
    if (at->waiting.empty() || !socket->connected()) {
      remove_queue(socket);
      break;
    }
    const received_event event = std::move(at->waiting.front());
    at->waiting.pop_front();
    --queues_->waiting;
    const auto running = std::make_shared<running_event>([weak = std::weak_ptr<dispatch>(self()), socket] {
      if (const auto self = weak.lock()) self->start_next(socket);
    });
    running_event::pass own(running);
    try {
      handle(event, running);
    } catch (...) {  // a conversion of the application's, or no memory
      socket->fail({}, std::current_exception());
    }
    if (!own.give_back()) break;  // handlers still run: the last of them calls this again
  }
  handlers_.tell_room();
}

void dispatch::remove_queue(const std::shared_ptr<socket_core>& of) {
  if (!queues_) return;
  auto& all = queues_->of_sockets;
  const auto found = std::find_if(all.begin(), all.end(), [&](const event_queue& q) { return q.of == of; });
  if (found == all.end()) return;
  queues_->waiting -= found->waiting.size();
  all.erase(found);
}

// ---------------------------------------------------------------- rest and end

void dispatch::rest() {
  handlers_.rest();
  if (queues_ && queues_->of_sockets.empty()) queues_ = nullptr;
}

void dispatch::forsake() noexcept {
  handlers_.forsake();
  const auto gone = std::exchange(queues_, nullptr);  // out of the member first: destructors may look at it
}

}  // namespace cosio::socketio
