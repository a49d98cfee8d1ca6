// One client in one namespace: its handlers and its end.

#include "socketio/socket_core.hpp"

#include <algorithm>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "engine/session.hpp"
#include "socketio/client_core.hpp"
#include "socketio/nsp_core.hpp"

namespace cosio::socketio {
namespace {

template <class F, class Arg>
task<> call(std::shared_ptr<F> handler, Arg arg) {
  auto work = (*handler)(std::move(arg));
  co_await std::move(work);
}

task<> remove_from_adapter(std::shared_ptr<nsp_core> nsp, std::string id, std::shared_ptr<session_record> kept) {
  if (kept) kept->rooms = nsp->adapter().rooms_of(id);
  co_await nsp->adapter().remove(std::move(id));
  if (kept) co_await nsp->adapter().persist_session(std::move(*kept));
}

task<> leave_on_strand(std::shared_ptr<socket_core> self, bool close) {
  if (!self->alive() && !close) co_return;
  const async::strand strand = self->client()->session().get_strand();
  auto leave = [self, close] { self->client()->disconnect(self, close); };
  if (strand.running_in_this_thread()) {
    leave();
  } else {
    co_await async::call_on(strand, std::move(leave));
  }
}

// Whether a client whose socket ended like this may come back; spec socketio.md section 9.1.
bool is_recoverable(const reason& why) {
  switch (why.what()) {
    case reason::kind::transport_close:
    case reason::kind::transport_error:
    case reason::kind::ping_timeout:
    case reason::kind::forced_close:
    case reason::kind::forced_server_close:
    case reason::kind::server_shutting_down:
    case reason::kind::slow_consumer: return true;
    default: return false;
  }
}

}  // namespace

socket_core::socket_core(std::shared_ptr<client_core> client, std::shared_ptr<nsp_core> nsp, std::string id, handshake shaken,
                         std::unique_ptr<recovery_state> recovery)
    : client_(std::move(client)), nsp_(std::move(nsp)), id_(std::move(id)), handshake_(std::move(shaken)), recovery_(std::move(recovery)) {
  if (recovery_ && recovery_->resumed) data(recovery_->resumed->data);
}

wire::revision socket_core::revision() const noexcept { return client_->session().revision(); }

delivery socket_core::deliver(const outgoing_packet& packet, const emit_flags& flags) {
  if (!connected()) return delivery::refused;
  return client_->session().send(static_cast<const encoded_packet&>(packet).frames(revision()), flags.is_volatile);
}

delivery socket_core::emit(const outgoing_packet& packet, const emit_flags& flags) {
  return send(static_cast<const encoded_packet&>(packet), flags.is_volatile);
}

delivery socket_core::ask(const outgoing_packet& packet, const emit_flags& flags, std::shared_ptr<answer_sink> to) {
  const std::uint64_t id = packet.ack_id().value();
  if (!acks_.wait(id, to)) {
    to->gone();
    return delivery::refused;
  }
  const delivery what = deliver(packet, flags);
  if (what != delivery::queued && acks_.forget(id)) to->gone();  // unless it left just now, and has said so
  return what;
}

bool socket_core::admit() { return client_->admit(shared_from_this()); }

task<> socket_core::disconnect(bool close) { return leave_on_strand(shared_from_this(), close); }

delivery socket_core::send(const encoded_packet& packet, bool is_volatile) {
  if (!alive()) return delivery::refused;
  return client_->session().send(packet.frames(revision()), is_volatile);
}

bool socket_core::above_high_water() const { return client_->session().above_high_water(); }
task<> socket_core::wait_for_room() { return client_->session().wait_for_room(); }

boost::json::value socket_core::data() const {
  const std::lock_guard lock(mutex_);
  return extras_ ? extras_->data : boost::json::value(boost::json::object());
}

void socket_core::data(boost::json::value value) {
  const std::lock_guard lock(mutex_);
  if (!extras_) extras_ = std::make_unique<extras>();
  extras_->data = std::move(value);
}

// ---------------------------------------------------------------- handlers

template <class F>
listener_handle socket_core::add_to(std::vector<registered<F>> extras::*list, F handler, bool first) {
  const std::lock_guard lock(mutex_);
  if (ended_) return {};
  if (!extras_) extras_ = std::make_unique<extras>();
  auto& entries = (*extras_).*list;
  const std::uint64_t number = ++extras_->last_id;
  entries.insert(first ? entries.begin() : entries.end(), {number, std::make_shared<F>(std::move(handler))});
  return listener_handle([weak = weak_from_this(), list, number] {
    const auto self = weak.lock();
    if (!self) return;
    std::shared_ptr<F> last;  // dies outside the lock
    const std::lock_guard guard(self->mutex_);
    if (!self->extras_) return;
    auto& from = (*self->extras_).*list;
    const auto found = std::find_if(from.begin(), from.end(), [number](const auto& r) { return r.id == number; });
    if (found == from.end()) return;
    last = std::move(found->call);
    from.erase(found);
  });
}

template <class F>
std::vector<std::shared_ptr<F>> socket_core::snapshot(std::vector<registered<F>> extras::*list) const {
  std::vector<std::shared_ptr<F>> out;
  const std::lock_guard lock(mutex_);
  if (extras_)
    for (const auto& r : (*extras_).*list) out.push_back(r.call);
  return out;
}

listener_handle socket_core::add(any_handler handler, bool first) { return add_to(&extras::any, std::move(handler), first); }
listener_handle socket_core::add(packet_middleware middleware) { return add_to(&extras::middlewares, std::move(middleware)); }
listener_handle socket_core::add_disconnect(reason_handler handler) { return add_to(&extras::disconnect, std::move(handler)); }
listener_handle socket_core::add_disconnecting(reason_handler handler) { return add_to(&extras::disconnecting, std::move(handler)); }
listener_handle socket_core::add(error_handler handler) { return add_to(&extras::error, std::move(handler)); }

void socket_core::remove_any() {
  std::vector<registered<any_handler>> gone;
  const std::lock_guard lock(mutex_);
  if (extras_) gone.swap(extras_->any);
}

std::vector<std::shared_ptr<socket_core::any_handler>> socket_core::any_handlers() const { return snapshot(&extras::any); }

std::shared_ptr<const std::vector<socket_core::packet_middleware>> socket_core::middlewares() const {
  const auto found = snapshot(&extras::middlewares);
  if (found.empty()) return nullptr;
  auto out = std::make_shared<std::vector<packet_middleware>>();
  for (const auto& m : found) out->push_back([m](packet& p, next go) { return (*m)(p, std::move(go)); });
  return out;
}

// ---------------------------------------------------------------- errors

void socket_core::fail(std::string_view event, std::exception_ptr thrown) {
  boost::json::value data;
  try {
    std::rethrow_exception(thrown);
  } catch (const refusal& r) {
    data = r.data();
  } catch (...) {  // described below
  }
  fail(socket_error(std::string(event), base::describe(thrown), std::move(data), thrown));
}

void socket_core::fail(socket_error what) {
  const log_level level = what.cause() ? log_level::warn : log_level::debug;  // ours to mend, or only the client's fault
  if (base::logs(level)) {
    base::log(level, "socketio",
              "socket " + id_ + " of " + nsp_->name() + (what.event().empty() ? "" : ", in the handler of an event") + ": " + what.message());
  }
  const auto strand = client_->session().get_strand();
  for (const auto& handler : snapshot(&extras::error)) async::spawn(strand, "socketio", call(handler, what));
  if (const auto handlers = nsp_->handlers().error_handlers())
    for (const auto& handler : *handlers) base::guarded("socketio", [&] { handler(cosio::socket(shared_from_this()), what); });
}

// ---------------------------------------------------------------- the end

task<reason> socket_core::wait_disconnected() {
  const auto self = shared_from_this();
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) {
    {
      const std::lock_guard lock(self->mutex_);
      if (!self->ended_) {
        if (!self->extras_) self->extras_ = std::make_unique<extras>();
        self->extras_->waiting.push_back(std::move(waiting));
        return;
      }
    }
    waiting->end();
  };
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  if (ec) throw boost::system::system_error(ec);
  const std::lock_guard lock(self->mutex_);
  co_return *self->ended_;
}

void socket_core::start_all(const std::vector<std::shared_ptr<reason_handler>>& handlers, const reason& why) {
  const auto strand = client_->session().get_strand();
  for (const auto& handler : handlers) async::spawn(strand, "socketio", call(handler, why));
}

void socket_core::leave(reason why) {
  if (!connected()) return;
  start_all(snapshot(&extras::disconnecting), why);
  if (!connected_.exchange(false, std::memory_order_acq_rel)) return;  // a handler disconnected it again
  finish(why);
}

void socket_core::refuse() { finish(reason(reason::kind::server_namespace_disconnect)); }

std::shared_ptr<session_record> socket_core::record_for(const reason& why) {
  if (!recovery_ || !is_recoverable(why)) return nullptr;
  recovery_->is_kept = true;
  return std::make_shared<session_record>(recovery_->pid, id_, std::vector<std::string>(), data(), recovery_->since);
}

void socket_core::finish(const reason& why) {
  alive_.store(false, std::memory_order_release);
  async::spawn(client_->session().get_strand(), "socketio", remove_from_adapter(nsp_, id_, record_for(why)));
  listeners_.close();
  acks_.close();
  const auto handlers = snapshot(&extras::disconnect);
  std::unique_ptr<extras> last;
  {
    const std::lock_guard lock(mutex_);
    ended_ = why;
    if (extras_) {
      last = std::make_unique<extras>();  // handlers hold the socket: letting go of them breaks the cycle; data stays readable
      std::swap(last, extras_);
      extras_->data = last->data;
    }
  }
  start_all(handlers, why);
  if (last)
    for (const auto& waiting : last->waiting) waiting->end();
}

}  // namespace cosio::socketio
