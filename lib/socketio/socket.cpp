// The handles of <cosio/socket.hpp>.

#include <cosio/error.hpp>
#include <cosio/nsp.hpp>
#include <cosio/socket.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "socketio/asking.hpp"
#include "socketio/checks.hpp"
#include "socketio/client_core.hpp"
#include "socketio/client_host.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"
#include "socketio/stopping.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2 {
namespace {

// A listener that hands the event's arguments to whoever awaits them.
class awaiting_listener final : public detail::listener_base {
 public:
  explicit awaiting_listener(std::shared_ptr<socketio::answer_sink> to) : to_(std::move(to)) {}

  task<> start(const detail::event_view& event, std::string&) override { return hand_over(to_, event.from(0)); }
  bool is_awaited() const noexcept override { return true; }

 private:
  static task<> hand_over(std::shared_ptr<socketio::answer_sink> to, arguments got) {
    to->answered(std::move(got));
    co_return;
  }

  std::shared_ptr<socketio::answer_sink> to_;
};

// By value: the event may come, and end the coroutine that waits, before this returns.
// NOLINTNEXTLINE(performance-unnecessary-value-param): see above
void start_waiting(std::shared_ptr<socketio::socket_core> on, std::string event,
                   std::shared_ptr<socketio::pending_answer> waiting, std::uint64_t end_id,
                   std::shared_ptr<std::atomic<std::uint64_t>> listener,
                   std::optional<std::chrono::milliseconds> within) {
  // The end of the socket ends the wait too.
  if (on->acks().wait(end_id, waiting) != socketio::acks::place::waiting) return waiting->gone();
  *listener = on->listeners().add(event, detail::listener_ptr(new awaiting_listener(waiting)), true, false);
  on->owner()->on_awaited(on, event);
  if (within) on->nsp()->timers().arm_after(*waiting, *within);
}

}  // namespace

// ---------------------------------------------------------------- socket_operator

detail::starting_place socket_operator::starts_on(const core_ptr& to) {
  const auto find = [](void* of) -> boost::asio::any_io_executor {
    const auto& core = *static_cast<socketio::socket_core*>(of);
    if (core.nsp()->has_ended()) return {};
    return core.session().get_strand();
  };
  return {to, find};
}

broadcast_operator socket_operator::broadcast() const {
  target to;
  to.except.push_back(to_->id());
  to.flags = flags_;
  return broadcast_operator(to_->nsp(), std::move(to));
}

task<report> socket_operator::emit_encoded(std::string_view event, event_data data) const {
  return emit_data(to_, flags_, std::string(event), std::move(data));
}

task<report> socket_operator::emit_data(core_ptr to, emit_flags flags, std::string event, event_data data) {
  socketio::check_emit(event, flags, data);
  delivery what = delivery::refused;
  if (to->may_miss() && !flags.is_volatile) {
    auto packet = std::make_shared<socketio::encoded_packet>(to->nsp()->name(), wire::sio_type::event, std::nullopt,
                                                             std::move(event), std::move(data), to->nsp()->form(),
                                                             flags.compress);
    what = co_await to->nsp()->adapter().emit(to, std::move(packet), flags);
  } else {
    const socketio::encoded_packet packet(to->nsp()->name(), wire::sio_type::event, std::nullopt, std::move(event),
                                          std::move(data), to->nsp()->form(), flags.compress);
    what = to->send(packet, flags.is_volatile);
  }
  if (to->above_high_water()) {
    co_await to->wait_for_room();
    if (!to->alive() || !to->session().is_open()) {
      throw error(errc::disconnected, "the client left while an emit waited for room in its queue");
    }
  }
  const bool over = what == delivery::over_budget;
  co_return report(what == delivery::queued, what == delivery::dropped, over || what == delivery::refused, over);
}

task<arguments> socket_operator::wait_for(core_ptr self, std::string event,
                                          std::optional<std::chrono::milliseconds> within) {
  const auto waiting = std::make_shared<socketio::pending_answer>();
  waiting->owned_by(waiting);
  const std::uint64_t end_id = self->nsp()->next_wait_id();
  const auto listener = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto hand_out = [self, event, waiting, end_id, listener, within](std::shared_ptr<async::suspension> suspended) {
    waiting->suspended(std::move(suspended));
    start_waiting(self, event, waiting, end_id, listener, within);
  };
  const engine::handler_queue::wait_for_client waits(self->owner()->handlers());
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  if (within) self->nsp()->timers().disarm(*waiting);
  self->acks().remove(end_id);
  self->listeners().remove(*listener);
  co_return waiting->take(ec, event, "came");
}

task<arguments> socket_operator::ask_data(core_ptr to, emit_flags flags, std::string event, event_data data) {
  socketio::check_emit(event, flags, data);
  return socketio::ask(std::move(to), flags, std::move(event), std::move(data));
}

// ---------------------------------------------------------------- socket

const std::string& socket::id() const noexcept { return core_->id(); }
class nsp socket::nsp() const { return cosio::nsp(core_->nsp()); }
class client socket::client() const { return cosio::client(socketio::client_core::of(*core_)); }
engine_session socket::conn() const { return engine_session(core_->owner()->session_ptr()); }
const class handshake& socket::handshake() const noexcept { return core_->get_handshake(); }
const http::request& socket::request() const noexcept { return core_->session().request(); }
std::string_view socket::remote_address() const noexcept { return request().remote_address(); }
unsigned socket::protocol() const noexcept { return core_->revision() == wire::revision::v4 ? 5 : 4; }
bool socket::connected() const noexcept { return core_->connected(); }
bool socket::recovered() const noexcept { return core_->recovered(); }
std::vector<std::string> socket::rooms() const {
  auto rooms = core_->nsp()->adapter().rooms_of(core_->id());
  if (!core_->alive()) rooms.clear();  // asked last: they may be those of a socket that came back with the same id
  return rooms;
}
task<report> socket::emit_encoded(std::string_view event, event_data data) const {
  return socket_operator::emit_data(core_, emit_flags(), std::string(event), std::move(data));
}
boost::json::value socket::data() const { return core_->data(); }
void socket::data(boost::json::value value) const { core_->data(std::move(value)); }

namespace {

listener_handle handle_of(const std::shared_ptr<socketio::socket_core>& core, std::uint64_t number) {
  auto remove = [weak = std::weak_ptr(core), number] {
    if (const auto self = weak.lock()) self->listeners().remove(number);
  };
  return listener_handle(std::move(remove), &core->listeners(), number);
}

[[noreturn]] void refuse_to_listen(std::string_view event) {
  const bool of_join = event == "connect" || event == "connect_error";
  const std::string_view advice =
      of_join ? "A socket has joined when on_connection() of its namespace is told of it"
              : "For the end of a socket there are on_disconnect, on_disconnecting and disconnected()";
  throw error(errc::bad_argument,
              "\"" + std::string(event) + "\" is a reserved event name: no client may send it. " + std::string(advice));
}

[[noreturn]] void refuse_more_listeners(socketio::socket_core& core, std::size_t most) {
  core.nsp()->counters().hit(base::limit::max_listeners_per_socket);
  throw error(errc::limit_reached, "the socket has " + std::to_string(most) +
                                       " listeners: is on() called for every event? If so many are wanted, raise " +
                                       "options.max_listeners_per_socket, or call set_max_listeners()");
}

}  // namespace

listener_handle socket::add(std::string_view event, detail::listener_ptr listener, bool once, bool first) const {
  if (wire::is_reserved_event(event)) refuse_to_listen(event);
  const std::size_t most = core_->max_listeners();
  if (most != 0 && core_->listeners().size() >= most) refuse_more_listeners(*core_, most);
  return handle_of(core_, core_->listeners().add(event, std::move(listener), once, first));
}

listener_handle socket::add_lifecycle(std::string_view event, std::function<task<>(reason)> handler, bool first) const {
  if (socketio::socket_core::is_end(event)) return core_->add_end(event, std::move(handler), first);
  throw error(errc::bad_argument, "no event \"" + std::string(event) +
                                      "\" tells a cosio::reason: those are \"disconnect\" and \"disconnecting\"");
}

namespace {
constexpr std::string_view ends[] = {"disconnecting", "disconnect"};
}

void socket::remove_all_listeners(std::string_view event) const {
  if (socketio::socket_core::is_end(event)) return core_->remove_end(event);
  core_->listeners().remove_all(event);
}
void socket::remove_all_listeners() const {
  for (const std::string_view event : ends) core_->remove_end(event);
  core_->listeners().remove_all();
}
std::vector<std::string> socket::event_names() const {
  std::vector<std::string> out = core_->listeners().names();
  for (const std::string_view event : ends)
    if (!core_->end_handles(event).empty()) out.emplace_back(event);
  return out;
}
std::size_t socket::listener_count(std::string_view event) const {
  if (socketio::socket_core::is_end(event)) return core_->end_handles(event).size();
  return core_->listeners().count(event);
}
std::size_t socket::get_max_listeners() const { return core_->max_listeners(); }
void socket::set_max_listeners(std::size_t most) const { core_->max_listeners(most); }
std::vector<listener_handle> socket::listeners(std::string_view event) const {
  if (socketio::socket_core::is_end(event)) return core_->end_handles(event);
  std::vector<listener_handle> out;
  for (const std::uint64_t number : core_->listeners().numbers(event)) out.push_back(handle_of(core_, number));
  return out;
}

listener_handle socket::add_any(any_handler handler, bool first) const {
  return core_->add_any(std::move(handler), first);
}
listener_handle socket::add_any_outgoing(std::function<task<>(std::string, arguments)> handler, bool first) const {
  return core_->add_outgoing(std::move(handler), first);
}
void socket::off_any() const { core_->remove_any(); }
void socket::off_any_outgoing() const { core_->remove_outgoing(); }
std::vector<listener_handle> socket::listeners_any() const { return core_->any_handles(); }
std::vector<listener_handle> socket::listeners_any_outgoing() const { return core_->outgoing_handles(); }
listener_handle socket::use(detail::middleware<packet&> middleware) const {
  return core_->add(std::move(middleware).release());
}
listener_handle socket::add_error(std::function<task<>(socket_error)> handler) const {
  return core_->add(std::move(handler));
}

std::shared_ptr<void> socket::state_of(socketio::socket_core& self, std::type_index type,
                                       std::shared_ptr<void> (*make)()) {
  return self.state(type, make);
}

task<> socket::run_on_strand(core_ptr self, std::function<void()> work) {
  const async::strand strand = self->session().get_strand();
  if (strand.running_in_this_thread()) {
    work();
    co_return;
  }
  auto running = async::call_on(strand, std::move(work));
  co_await std::move(running);
}

task<reason> socket::wait_disconnected(core_ptr self) {
  const reason why = co_await self->wait_disconnected();
  co_return why;
}

task<client_memory> socket::memory() const { return conn().memory(); }

void socket::expires_at(std::chrono::system_clock::time_point when) const { client().expires_at(when); }
void socket::expires_in(std::chrono::milliseconds time) const { client().expires_in(time); }

namespace {

task<> run_beside(std::shared_ptr<socketio::socket_core> core, task<> work) {
  std::exception_ptr thrown;
  try {
    auto running = socketio::run_until_left(core, std::move(work));
    co_await std::move(running);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) core->fail("", thrown, "work that was started with spawn()");
}

}  // namespace

void socket::spawn(task<> work) const {
  if (core_->nsp()->has_ended()) return;
  async::spawn(core_->session().get_strand(), "application", run_beside(core_, std::move(work)));
}

task<> socket::join_rooms(core_ptr self, std::vector<std::string> rooms) {
  if (!self->alive()) co_return;
  co_await self->nsp()->adapter().join(self, std::move(rooms));
}

task<> socket::leave_rooms(core_ptr self, std::vector<std::string> rooms) {
  if (!self->alive()) co_return;  // a socket that came back may have the same id
  co_await self->nsp()->adapter().leave(self->id(), std::move(rooms));
}

task<> socket::leave_nsp(core_ptr self, bool close) {
  auto work = self->disconnect(close);
  co_await std::move(work);
}

// ---------------------------------------------------------------- client

engine_session client::conn() const { return engine_session(core_->session_ptr()); }
const http::request& client::request() const noexcept { return core_->session().request(); }

void client::expires_at(std::chrono::system_clock::time_point when) const {
  const auto now = std::chrono::system_clock::now();
  expires_in(std::chrono::duration_cast<std::chrono::milliseconds>(std::max(when, now) - now));
}
void client::expires_in(std::chrono::milliseconds time) const { core_->expires_in(time); }
void client::never_expires() const { core_->expires_in(std::nullopt); }

}  // namespace cosio::inline v0_2
