// The handle of a client's socket.

#include <cosio/client_socket.hpp>

#include <cosio/error.hpp>

#include <exception>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "client/client_socket_core.hpp"
#include "wire/json_parser.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2 {
namespace {

using clients::pending_result;
using clients::socket_core;
using core_ptr = std::shared_ptr<socket_core>;

void check_outgoing(std::string_view event, const event_data& data) {
  const std::string named = "\"" + std::string(event) + "\"";
  if (wire::is_reserved_event(event)) throw error(errc::bad_argument, named + " is a reserved event name");
  if (!data.attachments().empty() && wire::count_placeholders(data.json()) > data.attachments().size()) {
    throw error(errc::bad_argument, "the arguments of " + named +
                                        " hold, beside binary, an object with \"_placeholder\": true that names none "
                                        "of it: leave that member out, or send no binary with it");
  }
}

clients::outgoing_ptr outgoing(std::string event, event_data data, client_flags flags) {
  auto made = std::make_shared<clients::outgoing_event>();
  made->event = std::move(event);
  made->data = std::move(data);
  made->flags = flags;
  return made;
}

// Calls `work` on the strand of the socket.
template <class F>
task<std::invoke_result_t<F&>> on_strand(core_ptr self, F work) {
  if (self->strand().running_in_this_thread()) {
    co_return work();
  } else {
    auto there = async::call_on(self->strand(), std::move(work));
    co_return co_await std::move(there);
  }
}

task<report> emit_event(core_ptr to, clients::outgoing_ptr what) {
  auto work = [to, what] { return to->emit(what); };
  auto running = on_strand(to, std::move(work));
  const auto done = co_await std::move(running);
  if (done.room) {
    auto room = clients::wait_for_result(to->where(), done.room, async::time_point::max(), [] {});
    co_await std::move(room);
  }
  co_return done.what;
}

task<report> checked_emit(core_ptr to, client_flags flags, std::string_view event, event_data data) {
  check_outgoing(event, data);
  return emit_event(std::move(to), outgoing(std::string(event), std::move(data), flags));
}

async::time_point limit_of(const socket_core& of, std::optional<std::chrono::milliseconds> time) {
  return time ? of.where()->timers().after(*time) : async::time_point::max();
}

detail::starting_place place_of(const core_ptr& core) {
  return {core, [](void* of) -> boost::asio::any_io_executor { return static_cast<socket_core*>(of)->strand(); }};
}

// Waits for a result that begin() of the socket will bring. Nothing when the time is over.
template <class T, class Begin, class End>
task<std::optional<T>> wait_on_strand(core_ptr self, std::shared_ptr<pending_result<T>> what, async::time_point limit,
                                      Begin begin, End given_up) {
  auto start = [self, begin = std::move(begin)] { async::run_on(self->strand(), begin); };
  std::optional<T> got;
  std::exception_ptr thrown;
  try {
    auto waiting = clients::wait_for_result(self->where(), what, limit, std::move(start));
    got = co_await std::move(waiting);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!got) async::run_on(self->strand(), given_up);
  if (thrown) std::rethrow_exception(thrown);
  co_return got;
}

// A coroutine that waits for one event.
class waiting_listener final : public detail::listener_base {
 public:
  explicit waiting_listener(std::shared_ptr<pending_result<arguments>> what) : what_(std::move(what)) {}
  task<> start(const detail::event_view& event, std::string&) override {
    what_->settle(event.from(0));
    return {};
  }

 private:
  std::shared_ptr<pending_result<arguments>> what_;
};

}  // namespace

// ---------------------------------------------------------------- state

const std::string& client_socket::nsp() const noexcept { return core_->nsp(); }
std::string client_socket::id() const { return core_->id(); }
bool client_socket::connected() const noexcept { return core_->connected(); }
bool client_socket::active() const noexcept { return core_->active(); }
bool client_socket::recovered() const noexcept { return core_->recovered(); }
pending_events client_socket::pending() const { return core_->pending(); }

// ---------------------------------------------------------------- connecting

void client_socket::open() const {
  async::run_on(core_->strand(), [core = core_] { core->open(); });
}

task<> client_socket::connect_within(core_ptr self, std::optional<std::chrono::milliseconds> within) {
  const auto what = std::make_shared<pending_result<bool>>();
  auto begin = [self, what] { self->open(what); };
  auto waiting = wait_on_strand(self, what, limit_of(*self, within), std::move(begin), [] {});
  const std::optional<bool> got = co_await std::move(waiting);
  if (!got) throw error(errc::timed_out, "the socket is not connected yet, and goes on trying");
}

task<> client_socket::disconnect() const {
  auto work = [core = core_] { return core->disconnect(), true; };
  auto running = on_strand(core_, std::move(work));
  return [](task<bool> inner) -> task<> { co_await std::move(inner); }(std::move(running));
}

namespace {

task<client_reason> wait_for_end_of(core_ptr self) {
  const auto what = std::make_shared<pending_result<client_reason>>();
  auto begin = [self, what] { self->wait_for_end(what); };
  auto waiting = wait_on_strand(self, what, async::time_point::max(), std::move(begin), [] {});
  auto got = co_await std::move(waiting);
  co_return std::move(*got);
}

task<arguments> wait_for_event(core_ptr self, std::string event, std::optional<std::chrono::milliseconds> within) {
  const auto what = std::make_shared<pending_result<arguments>>();
  listener_handle handle;
  if (self->ended()) throw error(errc::cancelled, "the manager of this socket is gone");
  const detail::listener_ptr listener(new waiting_listener(what));
  handle = clients::registrations<detail::listener_ptr>::add(self->listeners, listener, event, true, true);
  auto begin = [self, what] { self->wait_with(what); };
  auto given_up = [handle] { handle.remove(); };
  auto waiting = wait_on_strand(self, what, limit_of(*self, within), std::move(begin), std::move(given_up));
  auto got = co_await std::move(waiting);
  if (!got) throw error(errc::timed_out, "operation has timed out");
  co_return std::move(*got);
}

}  // namespace

task<client_reason> client_socket::disconnected() const { return wait_for_end_of(core_); }

task<arguments> client_socket::wait_for(std::string event, std::optional<std::chrono::milliseconds> within) const {
  return wait_for_event(core_, std::move(event), within);
}

// ---------------------------------------------------------------- emitting

detail::starting_place client_operator::starts_at() const { return place_of(core_); }
detail::starting_place client_socket::starts_at() const { return place_of(core_); }

task<report> client_operator::emit_encoded(std::string_view event, event_data data) const {
  return checked_emit(core_, flags_, event, std::move(data));
}
task<report> client_socket::emit_encoded(std::string_view event, event_data data) const {
  return checked_emit(core_, {}, event, std::move(data));
}

namespace {

task<arguments> ask_and_wait(core_ptr to, clients::outgoing_ptr what) {
  const auto& settings = to->settings();
  const bool in_line = settings.retries && !what->flags.is_volatile;
  auto time = what->flags.timeout ? what->flags.timeout : settings.ack_timeout;
  if (in_line) time.reset();  // it is for each sending
  auto begin = [to, what] { to->ask(what); };
  auto given_up = [to, what] { to->forget(what); };
  auto waiting = wait_on_strand(to, what->asks->answer, limit_of(*to, time), std::move(begin), std::move(given_up));
  auto got = co_await std::move(waiting);
  if (!got) throw error(errc::timed_out, "operation has timed out");
  co_return std::move(*got);
}

}  // namespace

task<arguments> detail::ask_server(std::shared_ptr<clients::socket_core> to, client_flags flags, std::string event,
                                   event_data data) {
  check_outgoing(event, data);
  auto what = outgoing(std::move(event), std::move(data), flags);
  what->asks = std::make_shared<clients::question>();
  return ask_and_wait(std::move(to), std::move(what));
}

// ---------------------------------------------------------------- listening

listener_handle client_socket::add(std::string_view event, detail::listener_ptr listener, bool once, bool first) const {
  if (wire::is_reserved_event(event)) {
    throw error(errc::bad_argument, "\"" + std::string(event) +
                                        "\" is a reserved event name: call on_connect(), on_connect_error() or "
                                        "on_disconnect()");
  }
  return clients::registrations<detail::listener_ptr>::add(core_->listeners, std::move(listener), event, once, first);
}

void client_socket::off(std::string_view event) const { core_->listeners->remove(event); }
void client_socket::off() const { core_->listeners->clear(); }
std::size_t client_socket::listener_count(std::string_view event) const { return core_->listeners->count(event); }

listener_handle client_socket::add_any(std::function<task<>(std::string, arguments)> handler, bool first) const {
  return clients::add_hook(core_->any, std::move(handler), first);
}
listener_handle client_socket::add_any_outgoing(std::function<task<>(std::string, arguments)> handler,
                                                bool first) const {
  return clients::add_hook(core_->any_outgoing, std::move(handler), first);
}
listener_handle client_socket::on_connect(detail::handler<> handler) const {
  return clients::add_hook(core_->on_connect, std::move(handler).release());
}
listener_handle client_socket::on_connect_error(detail::handler<connect_error> handler) const {
  return clients::add_hook(core_->on_connect_error, std::move(handler).release());
}
listener_handle client_socket::on_disconnect(detail::handler<client_reason> handler) const {
  return clients::add_hook(core_->on_disconnect, std::move(handler).release());
}
listener_handle client_socket::on_error(detail::handler<client_failure> handler) const {
  return clients::add_hook(core_->on_error, std::move(handler).release());
}

}  // namespace cosio::inline v0_2
