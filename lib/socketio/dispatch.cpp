// The order of events.

#include "socketio/dispatch.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "socketio/event_name.hpp"
#include "socketio/middleware.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/refusals.hpp"
#include "socketio/socket_ack.hpp"
#include "socketio/socket_core.hpp"
#include "socketio/stopping.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

namespace json = boost::json;

// Owns the callable: it must live as long as its coroutine.
task<> call_any(std::shared_ptr<socket_core::any_handler> handler, std::string event, arguments args, ack answer) {
  auto work = detail::checked(handler->call(std::move(event), std::move(args), std::move(answer)));
  co_await std::move(work);
}

// Tells the socket of a handler that has failed. One is made for every event, so it takes no memory of its own.
template <bool is_asked>
struct failed_event {
  void operator()(std::exception_ptr e) const { socket->fail_handler(listener->name->text, std::move(e), is_asked); }

  std::shared_ptr<socket_core> socket;
  detail::listener_ptr listener;
};
static_assert(base::failure_handler::fits<failed_event<false>> && base::failure_handler::fits<failed_event<true>>);

// Whether catch-alls get the events that nobody listens to.
bool is_caught(const socket_core& socket) { return socket.intercepts() && !socket.any_handlers().empty(); }

// The listeners but for coroutines that wait for the event: these have no acknowledgement.
std::ptrdiff_t count_handlers(const listeners::few& all) {
  return std::count_if(all.begin(), all.end(), [](const auto& listener) { return !listener->is_awaited(); });
}

// Whether one of these catch-alls has the acknowledgement.
bool may_answer(const std::vector<std::shared_ptr<socket_core::any_handler>>& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& handler) { return handler->may_answer; });
}
bool may_be_answered_elsewhere(const socket_core& socket) {
  return socket.intercepts() && may_answer(socket.any_handlers());
}

}  // namespace

// ---------------------------------------------------------------- events that wait

held_events& dispatch::held() {
  if (!held_) held_ = std::make_unique<held_events>();
  return *held_;
}

void dispatch::hold(std::string nsp, const received_event& event) {
  if (!held_ || held_->line_is_empty()) handlers_.count_full();
  const std::string name = event.to ? event_name(event.json()) : std::string();
  held().add_to_line(std::move(nsp), event.kept(), name);
  if (event.to) let_pass(event.to, name);
}

std::optional<held_packet> dispatch::take_held() {
  while (held_ && handlers_.has_room()) {
    const auto deferred = held_->take_deferred();
    if (!deferred) return held_->take_first();
    let_pass(deferred->first, deferred->second);
  }
  return std::nullopt;
}

void dispatch::take(received_event event) {
  const auto socket = event.to;
  if (!socket->connected()) return;
  if (!socket->nsp()->sequential()) return handle(event, nullptr);
  if (held_ && held_->turn_of(*socket)) {
    const std::string name = event_name(event.json());
    held_->add_to_turn(event.kept(), name);
    return let_pass(socket, name);
  }
  if (!run_turn(event)) start_next(socket);
}

// Later: the handler is about to wait, and the event would resume it inside of itself.
void dispatch::on_awaited(const std::shared_ptr<socket_core>& by, std::string event) {
  if (!held_ || !held_->has_named(*by, event)) return;
  async::post(by->session().get_strand(), "socketio", [self = self(), by, event = std::move(event)] {
    self->handlers_.or_stuck([&] { self->let_pass(by, event); });
  });
}

// An event that a handler waits for would wait for ever behind that handler: so it is handled at once, above the limit.
// But middleware may take its time with it, and more events of that name may come meanwhile: so it needs room.
void dispatch::let_pass(const std::shared_ptr<socket_core>& socket, const std::string& event) {
  if (!held_ || !socket->listeners().is_awaited(event) || !held_->has_named(*socket, event)) return;
  if (socket->intercepts() && !handlers_.has_room()) return held_->defer(socket, event);
  const auto next = held_->take_named(*socket, event);
  if (next && socket->connected()) pass(*next);
  handlers_.tell_room();
}

// It belongs to the turn of the handler that waits for it.
void dispatch::pass(const received_event& event) {
  const auto turn = held_->turn_of(*event.to);
  if (!event.to->intercepts()) handlers_.exceed();
  if (!turn && event.to->nsp()->sequential()) {
    if (!run_turn(event)) start_next(event.to);
    return;
  }
  try {
    handle(event, turn);
  } catch (...) {  // a conversion of the application's, or no memory
    event.to->fail({}, std::current_exception());
  }
}

// ---------------------------------------------------------------- one event

// The name is in front; always, but for MessagePack.
dispatch::argument_view dispatch::arguments_in(const received_event& event) {
  if (event.list) {
    const std::size_t named = event.list->size() != 0 ? 1 : 0;
    return {nullptr, event.list->size() - named, event.attachments, {event.list, named}};
  }
  const json::array& list = event.data.get_array();
  const std::size_t named = list.empty() ? 0 : 1;
  return {list.data() + named, list.size() - named, event.attachments, {}};
}

dispatch::argument_view dispatch::arguments_in(const arguments& list) {
  if (list.parsed().list) return {nullptr, list.size(), list.attachments(), list.parsed()};
  return {list.values().data(), list.size(), list.attachments(), {}};
}

arguments dispatch::copy_of(const argument_view& of) {
  if (!of.parsed.list)
    return arguments(json::array(of.values, of.values + of.count, json::storage_ptr()), of.attachments);
  arguments out(of.parsed);
  out.attachments() = of.attachments;
  return out;
}

// Catch-alls, middleware, listeners. All that runs for the event has a pass of `of`.
void dispatch::handle(const received_event& event, const std::shared_ptr<running_event>& of) {
  const auto& socket = event.to;
  socket->nsp()->counters().add(base::counter::events);
  const std::string name = event_name(event.json());
  const argument_view values = arguments_in(event);
  const ack answer = event.id ? make_ack(socket, *event.id) : ack();
  if (auto* const watcher = socket->nsp()->events_watcher()) watcher->received(*socket, name, copy_of(values));

  const event_call call{
      .socket = socket, .event = name, .values = values, .answer = answer, .of = of, .bytes = event.bytes};
  handlers_.stay_ready();
  if (!socket->intercepts()) return start_listeners(call);
  intercept(call);
}

void dispatch::intercept(const event_call& call) {
  const auto& socket = call.socket;
  const auto any = socket->any_handlers();
  const auto middlewares = socket->middlewares();
  // A catch-all that has the acknowledgement may answer where a handler fails: the failure waits for its end.
  const bool awaits = answers_failure(*socket, call.answer) && may_answer(any);
  const auto at_end = awaits || (middlewares && call.answer) ? std::make_shared<answer_at_end>(call.answer) : nullptr;
  const auto whole = awaits ? await_handlers(socket, at_end, call.of) : call.of;
  running_event::pass own(awaits ? whole : nullptr);
  arguments owned = copy_of(call.values);
  for (const auto& handler : any) {
    handlers_.add(
        call_any(handler, call.event, owned, call.answer),
        [socket, name = call.event](std::exception_ptr e) { socket->fail(name, std::move(e)); }, whole, call.bytes);
  }
  const event_call inner{.socket = socket,
                         .event = call.event,
                         .values = call.values,
                         .answer = call.answer,
                         .of = whole,
                         .bytes = call.bytes,
                         .at_end = at_end,
                         .is_awaited = awaits};
  if (middlewares) {
    start_middlewares(inner, std::move(owned));
  } else {
    handlers_.run();
    start_listeners(inner);
  }
  if (const auto ended = own.give_back()) ended->end();
}

void dispatch::start_middlewares(const event_call& call, arguments args) {
  const auto& socket = call.socket;
  auto shared = std::make_shared<packet>(call.event, std::move(args), call.answer);
  const auto let_in = std::make_shared<bool>(false);
  auto failed = [keep = self(), socket, name = call.event, shared, let_in](std::exception_ptr e) {
    if (*let_in) return socket->fail(name, std::move(e), "packet middleware");
    keep->refuse_event(socket, *shared, e);
    socket->fail_middleware(name, std::move(e), static_cast<bool>(shared->answer()));
  };
  handlers_.add(run_middlewares(self(), socket, shared, let_in, call), std::move(failed), call.of, call.bytes);
  handlers_.run();
}

// A plain function, which copies from the call: its objects do not live as long as a coroutine.
task<> dispatch::run_middlewares(std::shared_ptr<dispatch> self, std::shared_ptr<socket_core> socket,
                                 std::shared_ptr<packet> event, std::shared_ptr<bool> let_in, const event_call& call) {
  const auto at_end = call.at_end;
  auto last = [self, socket, event, let_in, of = std::weak_ptr(call.of), bytes = call.bytes, at_end,
               is_awaited = call.is_awaited]() -> task<> {
    *let_in = true;
    if (socket->connected()) {
      const argument_view values = arguments_in(std::as_const(event->args()));
      const auto running = of.lock();
      self->start_listeners({.socket = socket,
                             .event = event->event(),
                             .values = values,
                             .answer = event->answer(),
                             .of = running,
                             .bytes = bytes,
                             .at_end = at_end,
                             .is_awaited = is_awaited && running,
                             .is_in_chain = true});
    }
    return async::nothing();
  };
  auto chain = run_chain<socket_core::packet_middleware, packet>(socket->middlewares(), 0, event, std::move(last));
  return settle_behind(std::move(self), std::move(socket), std::move(chain), at_end);
}

task<> dispatch::settle_behind(std::shared_ptr<dispatch> self, std::shared_ptr<socket_core> socket, task<> chain,
                               std::shared_ptr<answer_at_end> at_end) {
  std::exception_ptr thrown;
  try {
    co_await std::move(chain);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (at_end) {
    auto answer = at_end->settle();
    if (answer.valid()) co_await std::move(answer);
    self->answer_kept_failure(*socket, *at_end);
  }
  if (thrown) std::rethrow_exception(thrown);
}

// A middleware kept the event from its listeners. Protocol 4 has a packet to say so. A client that asked for an
// acknowledgement is told in that.
void dispatch::refuse_event(const std::shared_ptr<socket_core>& socket, const packet& event,
                            const std::exception_ptr& thrown) {
  const refusal told = told_refusal(thrown, socket->nsp()->explains_refusals());
  const auto revision = socket->revision();
  if (revision == wire::revision::v3 && socket->connected()) {
    socket->owner()->send_control(wire::sio_type::connect_error, socket->nsp()->name(), refusal_json(told, revision));
  }
  if (event.answer() && socket->nsp()->answers_refused_events()) send_refusal(event.answer(), told);
}

// A handler as others are: it may wait for room, and counts meanwhile. Nothing is sent when there was an answer before.
void dispatch::send_refusal(const ack& answer, const refusal& told) {
  handlers_.add(answer(refusal_answer(told)), [](const std::exception_ptr& e) { async::report("socketio", e); });
  handlers_.run();
}

bool dispatch::answers_failure(const socket_core& socket, const ack& answer) {
  return answer && socket.nsp()->answers_failed_events();
}

void dispatch::answer_failure(const socket_core& socket, const ack& answer, const std::exception_ptr& thrown) {
  send_refusal(answer, told_refusal(thrown, socket.nsp()->explains_refusals()));
}

// Of an event with several handlers, or with middleware: its failure, once nobody else will answer.
void dispatch::answer_kept_failure(const socket_core& socket, answer_at_end& at_end) {
  if (const std::exception_ptr thrown = at_end.take_failure()) answer_failure(socket, at_end.answer(), thrown);
}

// ---------------------------------------------------------------- the handlers of one event

struct dispatch::handlers_of_event {
  const std::shared_ptr<socket_core>& socket;
  const detail::event_view& view;
  const std::shared_ptr<running_event>& of;
  const std::size_t bytes;
  // Where a failure is kept until the handlers, and middleware, have ended. Null: a failure is answered at once.
  const std::shared_ptr<answer_at_end> failures;
  std::size_t fitting = 0;           // handlers that the arguments fit; a coroutine that waits for the event is none
  std::vector<std::string> misfits;  // why they do not fit the others
};

// The arguments fit no handler. The problem has names of members and types of the application in it.
void dispatch::answer_misfit(const handlers_of_event& all, const std::string& problem) {
  if (!answers_failure(*all.socket, all.view.answer)) return;
  std::string words = "the arguments do not fit";
  if (all.socket->nsp()->explains_refusals()) words += ": " + problem;
  refusal told(std::move(words));
  if (all.failures) return all.failures->keep_failure(std::make_exception_ptr(std::move(told)));
  send_refusal(all.view.answer, told);
}

// The handler of an event has failed. A client that asked for an acknowledgement is told in that, if the application
// wants so.
handler_queue::on_failure dispatch::on_failure(const detail::listener_ptr& listener, const handlers_of_event& all) {
  const auto& socket = all.socket;
  if (all.failures)
    return [socket, kept = listener, failures = all.failures](const std::exception_ptr& e) {
      socket->fail_handler(kept->name->text, e, true);
      failures->keep_failure(e);
    };
  if (!all.view.answer) return failed_event<false>{socket, listener};
  if (!answers_failure(*socket, all.view.answer)) return failed_event<true>{socket, listener};
  return [keep = self(), socket, kept = listener, answer = all.view.answer](const std::exception_ptr& e) {
    socket->fail_handler(kept->name->text, e, true);
    keep->answer_failure(*socket, answer, e);
  };
}

// An event whose last handler answers the failure of the others. It is a part of `of`, which ends behind it.
std::shared_ptr<dispatch::running_event> dispatch::await_handlers(const std::shared_ptr<socket_core>& socket,
                                                                  const std::shared_ptr<answer_at_end>& at_end,
                                                                  const std::shared_ptr<running_event>& of) {
  const auto whole = of ? std::make_shared<running_event::pass>(of) : nullptr;
  return std::make_shared<running_event>([keep = self(), socket, at_end, whole] {
    at_end->all_ended();
    base::guarded("socketio", [&] { keep->answer_kept_failure(*socket, *at_end); });  // else the turn would never end
    if (!whole) return;
    if (const auto last = whole->give_back()) last->end();
  });
}

// Most events have one handler: then nothing is made for others that might answer.
void dispatch::start_listeners(const event_call& call) {
  const auto& socket = call.socket;
  const auto found = socket->listeners().take(call.event);
  if (found.empty() && !is_caught(*socket)) socket->note_unheard(call.event);
  const bool end_may_answer = call.answer && !may_be_answered_elsewhere(*socket);
  const bool answers_failures = answers_failure(*socket, call.answer);
  auto at_end = call.at_end;
  if (!at_end && (end_may_answer || answers_failures) && count_handlers(found) > 1)
    at_end = std::make_shared<answer_at_end>(call.answer);
  const ack last(at_end);
  const ack* const for_end = at_end ? &last : nullptr;
  const argument_view& values = call.values;
  const detail::event_view view{call.event,  values.values,  values.count, values.attachments,
                                call.answer, end_may_answer, for_end,      values.parsed};
  const bool keeps_failures = answers_failures && at_end != nullptr;
  const bool is_first = keeps_failures && !call.is_awaited;
  const auto awaited = is_first ? await_handlers(socket, at_end, call.of) : call.of;
  running_event::pass own(is_first ? awaited : nullptr);
  handlers_of_event all{socket, view, awaited, call.bytes, keeps_failures ? at_end : nullptr, 0, {}};
  for (const auto& listener : found) start_listener(listener, all);
  settle_misfits(all);
  if (at_end) {
    at_end->started(all.fitting == 1);
    // The middleware may have ended already: then it has started a coroutine that awaited next().
    if (!call.is_in_chain || at_end->is_settled()) answer_last(*at_end, call.of);
  }
  if (const auto ended = own.give_back()) ended->end();
}

void dispatch::start_listener(const detail::listener_ptr& listener, handlers_of_event& all) {
  const auto& socket = all.socket;
  std::string problem;
  task<> work;
  try {
    work = listener->start(all.view, problem);
  } catch (...) {  // a conversion of the application's, or a handler that is no coroutine
    ++all.fitting;
    on_failure(listener, all)(std::current_exception());
    return;
  }
  if (!work.valid()) {
    all.misfits.push_back(std::move(problem));
    return;
  }
  if (!listener->is_awaited()) ++all.fitting;
  if (listener->stops_with_client != 0) work = run_until_left(socket, run_kept(listener, std::move(work)));
  handlers_.add(std::move(work), on_failure(listener, all), all.of, all.bytes);
  if (listener->is_awaited()) handlers_.exceed();  // it ends at once, and a handler goes on
  handlers_.run();                                 // before the next is called: it may be no coroutine
}

// Handlers whose arguments do not fit. Where another one has them, these are its overloads: the log need not say so.
void dispatch::settle_misfits(const handlers_of_event& all) {
  const bool is_served = all.fitting != 0;
  for (const std::string& problem : all.misfits) {
    all.socket->nsp()->counters().add(base::counter::argument_errors);
    all.socket->refuse_arguments(all.view.event, problem, is_served);
  }
  if (!is_served && !all.misfits.empty()) answer_misfit(all, all.misfits.front());
}

// A handler may have ended before it was known that no other one fits.
void dispatch::answer_last(answer_at_end& at_end, const std::shared_ptr<running_event>& of) {
  auto answer = at_end.settle();
  if (!answer.valid()) return;
  handlers_.add(std::move(answer), [](const std::exception_ptr& e) { async::report("socketio", e); }, of);
  handlers_.run();
}

// ---------------------------------------------------------------- one event at a time

// @return whether handlers of it still run: then the last of them calls start_next().
bool dispatch::run_turn(const received_event& event) {
  const auto socket = event.to;
  const auto running = std::make_shared<running_event>([weak = std::weak_ptr<dispatch>(self()), socket] {
    if (const auto self = weak.lock()) self->start_next(socket);
  });
  held().begin_turn(*socket, running);
  running_event::pass own(running);
  try {
    handle(event, running);
  } catch (...) {  // a conversion of the application's, or no memory
    socket->fail({}, std::current_exception());
  }
  return own.give_back() == nullptr;
}

// The handlers of an event have ended: the next event is handled, and so on, until handlers must be waited for again.
// An event that there is no memory for is lost, as take() loses it: the turn goes on.
void dispatch::start_next(const std::shared_ptr<socket_core>& socket) {
  for (bool running = false; !running && held_ && socket->connected();) {
    const auto event = held_->next_of_turn(*socket);
    if (!event) break;
    try {
      running = run_turn(*event);
    } catch (...) {
      socket->fail({}, std::current_exception());
    }
  }
  if (!socket->connected()) drop_events(socket);
  handlers_.tell_room();
}

void dispatch::drop_events(const std::shared_ptr<socket_core>& of) {
  const std::size_t before = held_bytes();
  if (held_) held_->drop(*of);
  if (held_bytes() != before) handlers_.post_room();
}

// ---------------------------------------------------------------- rest and end

void dispatch::rest() {
  handlers_.rest();
  if (held_ && held_->is_empty()) held_ = nullptr;
}

void dispatch::forsake() noexcept {
  handlers_.forsake();
  drop_held();
}

}  // namespace cosio::inline v0_2::socketio
