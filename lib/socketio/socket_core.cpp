// One client in one namespace: its handlers and its end.

#include "socketio/socket_core.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <type_traits>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/guarded.hpp"
#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"
#include "engine/session.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/told_error.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

template <class F, class Arg>
task<> call(std::shared_ptr<F> handler, Arg arg) {
  auto work = detail::checked((*handler)(std::move(arg)));
  co_await std::move(work);
}

void tell_of_second_attempt(const socket_core& of) {
  base::log_thrown("socketio", {"socket ", of.id(), " of ", of.nsp()->name(), ": leaving is tried again"});
}

// For the exception that is being handled: when the client comes back, it begins anew.
void tell_of_lost_session(const socket_core& of) {
  base::log_thrown("socketio", {"socket ", of.id(), " of ", of.nsp()->name(), ": its session could not be kept"});
}

std::size_t bytes_of(const event_data& data) noexcept {
  std::size_t sum = data.json().size();
  for (const binary& one : data.attachments()) sum += one.size();
  return sum;
}

// Nothing of the socket stays in the adapter, whatever fails.
task<> remove_from_adapter(std::shared_ptr<socket_core> self, std::shared_ptr<session_record> kept,
                           [[maybe_unused]] async::gate::pass until_done = async::gate::pass()) {
  try {
    if (kept && kept->rooms.empty()) kept->rooms = self->nsp()->adapter().rooms_of(self->id());
  } catch (...) {
    tell_of_lost_session(*self);
    kept = nullptr;
  }
  bool again = false;
  try {
    auto removing = self->nsp()->adapter().remove(self->id());
    co_await std::move(removing);
  } catch (const std::bad_alloc&) {
    // The memory that the first attempt held may be free now.
    tell_of_second_attempt(*self);
    again = true;
  }
  if (again) co_await self->nsp()->adapter().remove(self->id());
  if (!kept) co_return;
  try {
    auto keeping = self->nsp()->adapter().persist_session(std::move(*kept));
    co_await std::move(keeping);
    self->nsp()->counters().add(base::counter::recovery_stored);
  } catch (...) {
    tell_of_lost_session(*self);
  }
}

// A handle of a socket that has left acts on nothing.
task<> leave_on_strand(std::shared_ptr<socket_core> self, bool close) {
  if (self->session().is_over() || !self->alive()) co_return;
  const async::strand strand = self->session().get_strand();
  auto leave = [self, close] { self->owner()->disconnect(self, close); };
  if (strand.running_in_this_thread()) {
    leave();
  } else {
    co_await async::call_on(strand, std::move(leave));
  }
}

// The kinds of exceptions of the application's code: a refusal; an answer of the client that does not fit, of which the
// log was told; or anything else.
enum class thrown_kind : std::uint8_t { refusal, told, other };
thrown_kind kind_of(const std::exception_ptr& thrown, boost::json::value& data) {
  try {
    std::rethrow_exception(thrown);
  } catch (const refusal& r) {
    data = r.data();
    return thrown_kind::refusal;
  } catch (const told_error&) {
    return thrown_kind::told;
  } catch (...) {  // described elsewhere
    return thrown_kind::other;
  }
}

// Whether a client may come back after this reason.
bool is_recoverable(const reason& why) {
  switch (why.what()) {
    case reason::kind::transport_close:
    case reason::kind::transport_error:
    case reason::kind::ping_timeout:
    case reason::kind::forced_close:
    case reason::kind::forced_server_close:
    case reason::kind::server_shutting_down:
    case reason::kind::slow_consumer:
      return true;
    default:
      return false;
  }
}

}  // namespace

socket_core::socket_core(std::shared_ptr<socket_owner> client, std::shared_ptr<nsp_core> nsp, std::string id,
                         handshake shaken, std::unique_ptr<recovery_state> recovery)
    : owner_(std::move(client)),
      nsp_(std::move(nsp)),
      id_(std::move(id)),
      handshake_(std::move(shaken)),
      recovery_(std::move(recovery)) {
  if (recovery_ && recovery_->resumed) data(recovery_->resumed->data);
}

wire::revision socket_core::revision() const noexcept { return session().revision(); }

delivery socket_core::deliver(const outgoing_packet& packet, const emit_flags& flags) {
  if (!connected()) return delivery::refused;
  tell_of_sending(packet.event(), packet.data());
  return session().send(static_cast<const encoded_packet&>(packet).frames(revision()), flags.is_volatile);
}

delivery socket_core::emit(const outgoing_packet& packet, const emit_flags& flags) {
  return send(static_cast<const encoded_packet&>(packet), flags.is_volatile);
}

delivery socket_core::ask(const outgoing_packet& packet, const emit_flags& flags, std::shared_ptr<answer_sink> to) {
  const auto id = packet.ack_id();
  assert(id);
  const acks::place got = acks_.wait(*id, to, nsp_->max_pending_acks());
  if (got == acks::place::full) nsp_->counters().hit(base::limit::max_pending_acks);
  if (got != acks::place::waiting) {
    to->gone();
    return counted(delivery::refused);
  }
  nsp_->counters().add(base::counter::asked);
  const delivery what = counted(deliver(packet, flags));
  if (what != delivery::queued && acks_.remove(*id)) to->gone();  // unless it left just now: then the sink was told
  return what;
}

// A broadcast with acknowledgements is over: the answer has come, or its time has passed.
void socket_core::forget(std::uint64_t ack_id) {
  if (acks_.remove(ack_id)) nsp_->counters().add(base::counter::timed_out);
  if (const std::size_t charged = acks_.release(ack_id)) session().account().give_back(base::kept::events, charged);
}

delivery socket_core::counted(delivery what) noexcept {
  constexpr base::counter kinds[] = {base::counter::queued, base::counter::dropped, base::counter::delivery_refused,
                                     base::counter::delivery_refused};
  nsp_->counters().add(kinds[static_cast<std::size_t>(what)]);
  return what;
}

void socket_core::set_connected() noexcept {
  nsp_->note_joined();
  nsp_->counters().add(base::counter::sockets);
  ever_joined_ = true;
  connected_.store(true, std::memory_order_release);
}

bool socket_core::admit() { return owner_->admit(shared_from_this()); }

task<> socket_core::disconnect(bool close) { return leave_on_strand(shared_from_this(), close); }

delivery socket_core::send(const encoded_packet& packet, bool is_volatile) {
  if (!alive()) return counted(delivery::refused);
  tell_of_sending(packet.event(), packet.data());
  return counted(session().send(packet.frames(revision()), is_volatile));
}

void socket_core::tell_of_sending(std::string_view event, const event_data& data) {
  if (auto* const watcher = nsp_->events_watcher()) watcher->sent(*this, event, data);
  if (has_outgoing_.load(std::memory_order_acquire)) tell_outgoing(event, data);
}

// Any thread, perhaps with the lock of an adapter held: so the handlers are started on the strand, later.
void socket_core::tell_outgoing(std::string_view event, const event_data& data) {
  for (const auto& handler : snapshot(&extras::outgoing)) {
    async::post(session().get_strand(), "socketio",
                [self = shared_from_this(), handler, event = std::string(event), data = data]() mutable {
                  const std::size_t bytes = event.size() + bytes_of(data);
                  self->session().start_hook("socketio",
                                             call_outgoing(self, handler, std::move(event), std::move(data)), bytes);
                });
  }
}

task<> socket_core::call_outgoing(std::shared_ptr<socket_core> self, std::shared_ptr<outgoing_handler> handler,
                                  std::string event, event_data data) {
  try {
    auto work = detail::checked((*handler)(event, detail::arguments_of(data)));
    co_await std::move(work);
  } catch (...) {
    self->fail(event, std::current_exception());
  }
}

bool socket_core::above_high_water() const { return session().above_high_water(); }
task<> socket_core::wait_for_room() { return session().wait_for_room(); }

bool socket_core::charge_rooms(std::size_t bytes) noexcept {
  if (session().account().charge(base::kept::rooms, bytes)) return true;
  nsp_->counters().hit(base::limit::max_client_bytes);
  return false;
}

void socket_core::give_back_rooms(std::size_t bytes) noexcept {
  session().account().give_back(base::kept::rooms, bytes);
}

boost::json::value socket_core::data() const {
  const base::lock_guard lock(mutex_);
  return extras_ ? extras_->data : boost::json::value(boost::json::object());
}

void socket_core::data(boost::json::value value) {
  {
    const base::lock_guard lock(mutex_);
    if (!extras_) extras_ = std::make_unique<extras>();
    extras_->data.swap(value);  // the value before is destroyed with the parameter, without the lock
  }
  if (auto* const watcher = nsp_->sockets_watcher()) watcher->data_changed(*this);
}

// The constructor of a state is the application's: it runs without the lock.
std::shared_ptr<void> socket_core::state(std::type_index of, std::shared_ptr<void> (*make)()) {
  {
    const base::lock_guard lock(mutex_);
    if (extras_ && extras_->state)
      if (const auto known = extras_->state->find(of); known != extras_->state->end()) return known->second;
  }
  auto made = make();
  const base::lock_guard lock(mutex_);
  if (!extras_) extras_ = std::make_unique<extras>();
  if (!extras_->state) extras_->state = std::make_unique<state_map>();
  return extras_->state->emplace(of, std::move(made)).first->second;
}

// ---------------------------------------------------------------- handlers

template <class F>
listener_handle socket_core::add_to(std::vector<registered<F>> extras::* list, F handler, bool first) {
  auto call = std::make_shared<F>(std::move(handler));  // without the lock: the handler is the application's
  const base::lock_guard lock(mutex_);
  if (over_) return {};
  if (!extras_) extras_ = std::make_unique<extras>();
  auto& entries = (*extras_).*list;
  const std::uint64_t number = ++extras_->last_id;
  entries.insert(first ? entries.begin() : entries.end(), {number, std::move(call)});
  if constexpr (std::is_same_v<F, outgoing_handler>) has_outgoing_.store(true, std::memory_order_release);
  if constexpr (std::is_same_v<F, any_handler> || std::is_same_v<F, packet_middleware>)
    intercepts_.store(true, std::memory_order_release);
  return handle_of(list, number);
}

template <class F>
listener_handle socket_core::handle_of(std::vector<registered<F>> extras::* list, std::uint64_t id) {
  auto remove = [weak = weak_from_this(), list, id] {
    const auto self = weak.lock();
    if (!self) return;
    std::shared_ptr<F> last;  // destroyed outside the lock
    const base::lock_guard guard(self->mutex_);
    if (!self->extras_) return;
    auto& from = (*self->extras_).*list;
    const auto found = std::find_if(from.begin(), from.end(), [id](const auto& r) { return r.id == id; });
    if (found == from.end()) return;
    last = std::move(found->call);
    from.erase(found);
    if constexpr (std::is_same_v<F, outgoing_handler>)
      self->has_outgoing_.store(!from.empty(), std::memory_order_release);
  };
  return listener_handle(std::move(remove), this, id);
}

template <class F>
std::vector<listener_handle> socket_core::handles_of(std::vector<registered<F>> extras::* list) {
  std::vector<listener_handle> out;
  const base::lock_guard lock(mutex_);
  if (extras_)
    for (const auto& r : (*extras_).*list) out.push_back(handle_of(list, r.id));
  return out;
}

template <class F>
std::vector<std::shared_ptr<F>> socket_core::snapshot(std::vector<registered<F>> extras::* list) const {
  std::vector<std::shared_ptr<F>> out;
  const base::lock_guard lock(mutex_);
  if (extras_)
    for (const auto& r : (*extras_).*list) out.push_back(r.call);
  return out;
}

listener_handle socket_core::add_any(any_handler handler, bool first) {
  return add_to(&extras::any, std::move(handler), first);
}
listener_handle socket_core::add_outgoing(outgoing_handler handler, bool first) {
  return add_to(&extras::outgoing, std::move(handler), first);
}
listener_handle socket_core::add(packet_middleware middleware) {
  return add_to(&extras::middlewares, std::move(middleware));
}

socket_core::list_of<socket_core::reason_handler> socket_core::end_list(std::string_view event) noexcept {
  return event == "disconnect" ? &extras::disconnect : &extras::disconnecting;
}
listener_handle socket_core::add_end(std::string_view event, reason_handler handler, bool first) {
  return add_to(end_list(event), std::move(handler), first);
}
void socket_core::remove_end(std::string_view event) {
  std::vector<registered<reason_handler>> gone;
  const base::lock_guard lock(mutex_);
  if (extras_) gone.swap((*extras_).*end_list(event));
}
std::vector<listener_handle> socket_core::end_handles(std::string_view event) { return handles_of(end_list(event)); }

listener_handle socket_core::add(error_handler handler) { return add_to(&extras::error, std::move(handler)); }

void socket_core::remove_any() {
  std::vector<registered<any_handler>> gone;
  const base::lock_guard lock(mutex_);
  if (extras_) gone.swap(extras_->any);
}

void socket_core::remove_outgoing() {
  std::vector<registered<outgoing_handler>> gone;
  const base::lock_guard lock(mutex_);
  if (extras_) gone.swap(extras_->outgoing);
  has_outgoing_.store(false, std::memory_order_release);
}

socket_core::rare& socket_core::rare_members() {
  if (!extras_) extras_ = std::make_unique<extras>();
  if (!extras_->rarely) extras_->rarely = std::make_unique<rare>();
  return *extras_->rarely;
}

std::size_t socket_core::max_listeners() const {
  const base::lock_guard lock(mutex_);
  const bool is_set = extras_ && extras_->rarely && extras_->rarely->max_listeners;
  return is_set ? *extras_->rarely->max_listeners : nsp_->max_listeners();
}

void socket_core::max_listeners(std::size_t most) {
  const base::lock_guard lock(mutex_);
  if (!over_) rare_members().max_listeners = most;
}

void socket_core::keep_id(std::shared_ptr<const void> lease) {
  const base::lock_guard lock(mutex_);
  rare_members().id = std::move(lease);
}

std::vector<listener_handle> socket_core::any_handles() { return handles_of(&extras::any); }
std::vector<listener_handle> socket_core::outgoing_handles() { return handles_of(&extras::outgoing); }

std::vector<std::shared_ptr<socket_core::any_handler>> socket_core::any_handlers() const {
  return snapshot(&extras::any);
}

std::shared_ptr<const std::vector<socket_core::packet_middleware>> socket_core::middlewares() const {
  const auto found = snapshot(&extras::middlewares);
  if (found.empty()) return nullptr;
  auto out = std::make_shared<std::vector<packet_middleware>>();
  for (const auto& m : found) out->emplace_back([m](packet& p, next go) { return (*m)(p, std::move(go)); });
  return out;
}

// ---------------------------------------------------------------- errors

std::string socket_core::id_for_log() const {
  constexpr std::size_t shown = 6;  // as in other lines about sessions
  const std::string& secret = session().id();
  if (revision() != wire::revision::v3 || secret.size() <= shown || !id_.ends_with(secret)) return id_;
  return id_.substr(0, id_.size() - secret.size() + shown) + "…";
}

namespace {

constexpr std::string_view not_asked = "; the client asked for no acknowledgement, so it is not told";

}  // namespace

void socket_core::fail_handler(std::string_view event, std::exception_ptr thrown, bool is_asked) noexcept {
  refusing refused{"its handler, which refused", not_asked};
  if (is_asked)
    refused.untold = nsp_->answers_failed_events() ? "" : "; only with options.answer_failed_events is the client told";
  fail(event, std::move(thrown), {}, &refused);
}

// Clients of protocol 4 get an ERROR packet.
void socket_core::fail_middleware(std::string_view event, std::exception_ptr thrown, bool is_asked) noexcept {
  refusing refused{"packet middleware, which refused", {}};
  if (revision() != wire::revision::v3) {
    if (!is_asked) {
      refused.untold = not_asked;
    } else if (!nsp_->answers_refused_events()) {
      refused.untold = "; only with options.answer_refused_events is the client told";
    }
  }
  fail(event, std::move(thrown), "packet middleware", &refused);
}

// Called where something has failed already, perhaps for memory: so it does not fail itself.
void socket_core::fail(std::string_view event, std::exception_ptr thrown, std::string_view where,
                       const refusing* may_refuse) noexcept {
  base::guarded("socketio", [&] { describe_failure(event, std::move(thrown), where, may_refuse); });
}

// Each kind of line has a place of its own: many lines of one kind leave out none of another.
void socket_core::describe_failure(std::string_view event, std::exception_ptr thrown, std::string_view where,
                                   const refusing* may_refuse) {
  if (!alive() && async::is_end(thrown)) {  // a handler waited for the client, which left: the usual end
    if (base::logs(log_level::debug))
      base::log(log_level::debug, "socketio",
                "socket " + id_for_log() + " of " + nsp_->name() + " left, and a handler ended");
    return;
  }
  boost::json::value data;
  const auto found = kind_of(thrown, data);
  const socket_error what(std::string(event), base::describe(thrown), std::move(data), thrown);
  const bool is_answer = found == thrown_kind::refusal && may_refuse != nullptr;
  if (!is_answer) nsp_->counters().add(base::counter::handler_errors);
  if (found == thrown_kind::other) {
    log_failure(what, where, log_level::warn, {}, std::source_location::current());
  } else if (found == thrown_kind::told) {  // misfits.cpp has told of it
    log_failure(what, where, log_level::debug, {}, std::source_location::current());
  } else if (!is_answer) {
    log_failure(what, where, log_level::warn, {}, std::source_location::current());
  } else if (may_refuse->untold.empty()) {
    log_failure(what, may_refuse->where, log_level::debug, {}, std::source_location::current());
  } else {
    log_failure(what, may_refuse->where, log_level::info, may_refuse->untold, std::source_location::current());
  }
  tell_error_handlers(what);
}

void socket_core::fail(socket_error what, std::string_view where) {
  if (what.cause()) nsp_->counters().add(base::counter::handler_errors);
  // Without a cause it is the fault of the client.
  log_failure(what, where, what.cause() ? log_level::warn : log_level::debug, {}, std::source_location::current());
  tell_error_handlers(what);
}

void socket_core::log_failure(const socket_error& what, std::string_view where, log_level level,
                              std::string_view advice, const std::source_location& kind) const {
  const auto due = base::ask_for_line("socketio", session().id(), level, kind);
  if (!due) return;
  const std::string event = base::shortened(what.event());
  const std::string id = id_for_log();
  if (where.empty() && !event.empty()) where = "its handler";
  base::log_remark(
      due, "socketio",
      "socket " + id + " of " + nsp_->name() + (event.empty() ? "" : ", event " + base::quoted(what.event())) +
          (where.empty() ? "" : ", in " + std::string(where)) + ": " + what.message() + std::string(advice),
      {{"socket", id}, {"nsp", nsp_->name()}, {"event", event}, {"detail", what.message()}});
}

void socket_core::tell_error_handlers(const socket_error& what) {
  const std::size_t bytes = what.event().size() + what.message().size();  // a client may give a long name
  for (const auto& handler : snapshot(&extras::error)) session().start_hook("socketio", call(handler, what), bytes);
  if (const auto handlers = nsp_->handlers().error_handlers())
    for (const auto& handler : *handlers)
      base::guarded("socketio",
                    [&] { session().start_hook("socketio", handler(cosio::socket(shared_from_this()), what), bytes); });
}

// ---------------------------------------------------------------- the end

task<reason> socket_core::wait_disconnected() {
  const auto self = shared_from_this();
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) {
    {
      const base::lock_guard lock(self->mutex_);
      if (!self->over_) {
        if (!self->extras_) self->extras_ = std::make_unique<extras>();
        self->extras_->waiting.push_back(std::move(waiting));
        return;
      }
    }
    waiting->end();
  };
  const engine::handler_queue::wait_for_client waits(owner_->handlers());
  co_await async::wait(std::move(hand_out));
  const base::lock_guard lock(self->mutex_);
  co_return self->ended_ ? *self->ended_ : reason(reason::kind::forced_close);
}

bool socket_core::stop_at_end(const std::shared_ptr<boost::asio::cancellation_signal>& stop) {
  const base::lock_guard lock(mutex_);
  if (over_) return false;
  if (!extras_) extras_ = std::make_unique<extras>();
  extras_->stops.push_back(stop);
  return true;
}

bool socket_core::remove_stop(const std::shared_ptr<boost::asio::cancellation_signal>& stop) {
  const base::lock_guard lock(mutex_);
  return extras_ && std::erase(extras_->stops, stop) != 0;
}

void socket_core::start_all(const std::vector<std::shared_ptr<reason_handler>>& handlers, const reason& why) {
  for (const auto& handler : handlers) session().start_hook("socketio", call(handler, why));
}

bool socket_core::end(const reason& why) {
  if (!alive()) return false;
  if (connected()) {
    base::guarded("socketio", [&] { start_all(snapshot(&extras::disconnecting), why); });
    connected_.store(false, std::memory_order_release);
    nsp_->counters().subtract(base::counter::sockets);
    if (auto* const watcher = nsp_->sockets_watcher()) watcher->left(*this, why);
  }
  clean_up(why);
  return true;
}

void socket_core::forsake() noexcept {
  if (connected_.exchange(false, std::memory_order_acq_rel)) nsp_->counters().subtract(base::counter::sockets);
  alive_.store(false, std::memory_order_release);
  {
    const nsp_core::no_room_events here;
    base::guarded("socketio",
                  [this] { async::run_aside("socketio", remove_from_adapter(shared_from_this(), nullptr)); });
  }
  const auto last = become_over(reason(reason::kind::server_shutting_down));
  for (const auto& waiting : last.waiting) waiting->end();
}

std::shared_ptr<session_record> socket_core::record_for(const reason& why) {
  if (!recovery_ || !is_recoverable(why) || (!ever_joined_ && !recovery_->resumed)) return nullptr;
  recovery_->is_kept = true;
  if (recovery_->resumed) return std::make_shared<session_record>(*recovery_->resumed);  // it has not joined yet
  auto record = std::make_shared<session_record>(recovery_->pid, id_, std::vector<std::string>(), data(),
                                                 recovery_->since, recovery_->resent);
  record->credentials_end = owner_->credentials_end();
  return record;
}

// Handlers hold the socket: taking them out breaks the cycle. Data and state stay.
// Allocates the reason only. Without memory for it, another reason is told.
socket_core::extras socket_core::become_over(const reason& why) {
  std::unique_ptr<const reason> end;
  base::guarded("socketio", [&] { end = std::make_unique<const reason>(why); });
  listeners_.close();
  acks_.close();
  extras last;
  const base::lock_guard lock(mutex_);
  over_ = true;
  ended_ = std::move(end);
  has_outgoing_.store(false, std::memory_order_release);
  if (extras_) {
    std::swap(last, *extras_);
    std::swap(last.data, extras_->data);
    std::swap(last.state, extras_->state);
  }
  return last;
}

void socket_core::leave_adapter(const reason& why) {
  const auto awaited = owner_->leaving();
  auto until_done = awaited ? async::gate::pass(awaited) : async::gate::pass();
  auto leaving = remove_from_adapter(shared_from_this(), record_for(why), std::move(until_done));
  async::spawn(session().get_strand(), "socketio", std::move(leaving));
}

// Each step is done, also when there is no memory for another one.
void socket_core::clean_up(const reason& why) {
  alive_.store(false, std::memory_order_release);
  try {
    leave_adapter(why);
  } catch (...) {
    tell_of_second_attempt(*this);
    base::guarded("socketio", [&] { leave_adapter(why); });
  }
  std::vector<std::shared_ptr<reason_handler>> handlers;
  base::guarded("socketio", [&] { handlers = snapshot(&extras::disconnect); });
  const auto last = become_over(why);
  base::guarded("socketio", [&] { start_all(handlers, why); });
  for (const auto& waiting : last.waiting) waiting->end();
  for (const auto& stop : last.stops) stop->emit(boost::asio::cancellation_type::terminal);
}

}  // namespace cosio::inline v0_2::socketio
