// The sockets of one client.

#include "socketio/client_sockets.hpp"

#include <algorithm>
#include <exception>

#include "base/error.hpp"
#include "base/logger.hpp"
#include "base/most.hpp"
#include "engine/flush.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/foreign_parser.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/refusals.hpp"
#include "socketio/socket_core.hpp"
#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

using wire::sio_type;

std::string connect_json(socket_core& socket) {
  if (socket.revision() == wire::revision::v3) return {};
  std::string reply = "{\"sid\":";
  wire::append_json_string(reply, socket.id());
  if (const auto* recovery = socket.recovery()) {
    reply += ",\"pid\":";
    wire::append_json_string(reply, recovery->pid);
  }
  return reply + "}";
}

// The memory of a place beside its name: the socket with its id, its places in the tables of the adapter, and the
// heap's own blocks.
constexpr std::size_t around_socket = sizeof(socket_core) + 640;
// The memory of a namespace beside its name, with an adapter.
constexpr std::size_t around_namespace = sizeof(nsp_core) + 2'560;

// The name is held by the place, and by its socket's id and rooms in protocol 4.
std::size_t memory_of_place(std::string_view nsp) noexcept { return around_socket + 2 * nsp.size(); }
// It is held by the namespace, and by the tables in which that is found.
std::size_t memory_of_namespace(std::string_view nsp) noexcept { return around_namespace + 4 * nsp.size(); }

bool has_joined(const std::shared_ptr<socket_core>& socket) noexcept { return socket && socket->connected(); }

}  // namespace

client_sockets::client_sockets(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session,
                               engine::handler_queue::owner& handlers)
    : socket_owner(std::move(session)),
      host_(std::move(host)),
      events_(handlers, host_->settings(), *host_->counters()) {}

client_sockets::~client_sockets() {
  for (const place& p : sockets_) give_back(p);
}

// ---------------------------------------------------------------- the table

const client_sockets::place* client_sockets::find(std::string_view nsp) const noexcept {
  for (const place& p : sockets_)
    if (p.name->text == nsp) return &p;
  return nullptr;
}

bool client_sockets::expect(std::string_view nsp, std::size_t payload) {
  const std::size_t bytes = memory_of_place(nsp) + payload;
  if (!session().account().charge(base::kept::namespaces, bytes)) return false;
  add_place(nsp, bytes);
  return true;
}

void client_sockets::expect_default() {
  constexpr std::string_view name = "/";
  session().account().add(base::kept::namespaces, memory_of_place(name));
  add_place(name, memory_of_place(name));
}

void client_sockets::add_place(std::string_view nsp, std::size_t charged) {
  try {
    sockets_.push_back({shared(nsp), nullptr, charged});
  } catch (...) {
    session().account().give_back(base::kept::namespaces, charged);
    throw;
  }
}

bool client_sockets::charge_namespace(std::string_view nsp) {
  const std::size_t bytes = memory_of_namespace(nsp);
  for (place& p : sockets_) {
    if (p.name->text != nsp) continue;
    if (!session().account().charge(base::kept::namespaces, bytes)) return false;
    p.charged += bytes;
  }
  return true;
}

void client_sockets::give_back(const place& of) noexcept {
  session().account().give_back(base::kept::namespaces, of.charged);
}

refusal client_sockets::over_limit(base::limit which, std::string told) {
  host_->counters()->hit(which);
  if (host_->settings().explain_refusals)
    told += ": raise options." + std::string(to_string(which)) + " if clients may join more";
  return refusal(std::move(told));
}

bool client_sockets::is_expected(std::string_view nsp) const noexcept {
  const place* const known = find(nsp);
  return !closed_ && known != nullptr && !has_joined(known->socket);
}

void client_sockets::found(const std::shared_ptr<socket_core>& socket) {
  for (place& p : sockets_)
    if (p.name->text == socket->nsp()->name()) p.socket = socket;
}

std::shared_ptr<socket_core> client_sockets::joined(std::string_view nsp) const noexcept {
  const place* const known = find(nsp);
  return known != nullptr && has_joined(known->socket) ? known->socket : nullptr;
}

client_sockets::list client_sockets::all_joined() const {
  list all;
  for (const place& p : sockets_)
    if (has_joined(p.socket)) all.push_back(p.socket);
  return all;
}

// @return the socket that was there; null when the namespace was not found yet.
std::shared_ptr<socket_core> client_sockets::remove(std::string_view nsp) {
  const auto at = std::find_if(sockets_.begin(), sockets_.end(), [&](const place& p) { return p.name->text == nsp; });
  if (at == sockets_.end()) return nullptr;
  give_back(*at);
  auto was = std::move(at->socket);
  sockets_.erase(at);
  return was;
}

// ---------------------------------------------------------------- joining

void client_sockets::start_connect_timeout() {
  limit_ = connect_limit::make(weak_from_this());
  host_->timers().arm_after(*limit_, host_->connect_timeout());
}

void client_sockets::on_connect_timeout() {
  if (!never_joined()) return;
  session().or_break_off([this] { close_for_violation("no namespace was joined in time"); });
}

bool client_sockets::prepare(const std::shared_ptr<socket_core>& who) {
  const parser* const with = host_->settings().parser.get();
  if (with == nullptr) return true;
  auto encoded = control_frames(*with, sio_type::connect, who->nsp()->name(), connect_json(*who));
  if (!encoded) return false;
  prepared_.emplace_front(who.get(), *std::move(encoded));
  return true;
}

void client_sockets::unprepare(const socket_core& who) noexcept {
  prepared_.remove_if([&](const auto& p) { return p.first == &who; });
}

bool client_sockets::admit(const std::shared_ptr<socket_core>& who) {
  const std::string& name = who->nsp()->name();
  const place* const known = find(name);
  if (closed_ || known == nullptr || known->socket != who || who->connected()) return false;
  const auto ready =
      std::find_if(prepared_.begin(), prepared_.end(), [&](const auto& p) { return p.first == who.get(); });
  if (ready != prepared_.end()) {
    session().send(ready->second);
  } else {
    send_control(sio_type::connect, name, connect_json(*who));  // may throw: so it comes first
  }
  limit_ = nullptr;
  who->set_connected();
  return true;
}

void client_sockets::refuse(const std::string& nsp, const std::exception_ptr& thrown) {
  refuse(nsp, told_refusal(thrown, host_->settings().explain_refusals));
}

void client_sockets::refuse(const std::string& nsp, const refusal& what) {
  if (!is_expected(nsp)) return;
  end(remove(nsp), reason(reason::kind::server_namespace_disconnect));
  tell_refused(nsp, what);
}

void client_sockets::tell_refused(std::string_view nsp, const refusal& what) {
  send_control(sio_type::connect_error, nsp, refusal_json(what, session().revision()));
}

// ---------------------------------------------------------------- the end

// The one way out. The socket is in the table no more. Null: its namespace was not found yet, and connecting::run()
// sees that nobody waits any more.
void client_sockets::end(const std::shared_ptr<socket_core>& who, const reason& why) {
  if (!who) return;
  events_.drop_events(who);
  bool ended = false;
  base::guarded("socketio", [&] { ended = who->end(why); });
  if (ended) base::guarded("socketio", [&] { host_->left(who->nsp()); });
}

void client_sockets::leave(const std::shared_ptr<socket_core>& who, const reason& why) {
  end(remove(who->nsp()->name()), why);
}

void client_sockets::disconnect(const std::shared_ptr<socket_core>& who, bool close) {
  if (!who->alive()) return;  // a handle of a socket that has left acts on nothing
  const reason why(reason::kind::server_namespace_disconnect);
  if (close) {
    end_all(why, telling::joined);
    return session().close(reason(reason::kind::forced_close), false);
  }
  const std::string& name = who->nsp()->name();
  if (joined(name) != who) return;
  send_control(sio_type::disconnect, name, {});
  leave(who, why);
}

void client_sockets::dismiss(const reason& why) {
  end_all(why, telling::everybody);
  session().close(why, false);
}

void client_sockets::end_all(const reason& why, telling whom) {
  closed_ = true;
  limit_ = nullptr;
  const engine::flush_scope scope;
  const auto all = std::exchange(sockets_, {});
  for (const place& p : all) {
    base::guarded("socketio", [&] { tell_end(p, why, whom); });
    end(p.socket, why);
    give_back(p);
  }
}

// Clients of protocol 4 connect again by themselves after a refusal, but not after DISCONNECT: so they get both.
void client_sockets::tell_end(const place& of, const reason& why, telling whom) {
  const bool joined = has_joined(of.socket);
  if (whom == telling::nobody || (!joined && whom == telling::joined)) return;
  const std::string& nsp = of.name->text;
  if (!joined) tell_refused(nsp, refusal(std::string(why.text())));
  if (joined || session().revision() == wire::revision::v3) send_control(sio_type::disconnect, nsp, {});
}

void client_sockets::forsake() noexcept {
  closed_ = true;
  events_.forsake();
  for (const place& p : std::exchange(sockets_, {})) {
    if (p.socket) p.socket->forsake();
    give_back(p);
  }
}

void client_sockets::close_for_violation(std::string why) {
  if (closed_) return;
  if (base::logs(log_level::debug)) {
    const std::string who = session().id().substr(0, 6);
    base::log(log_level::debug, "socketio", "client " + who + "…: " + why, {{"session", who}, {"detail", why}});
  }
  session().close(reason(reason::kind::forced_close, why), false);
  if (!closed_) end_all(reason(reason::kind::forced_server_close, std::move(why)));
}

void client_sockets::close_stuck(const std::exception_ptr& why) noexcept {
  base::log_thrown("socketio",
                   {"client ", std::string_view(session().id()).substr(0, 6), "…: its handlers could not be started"},
                   why);
  session().or_break_off(
      [this] { session().close(reason(reason::kind::forced_close, "its handlers could not be started"), true); });
}

void client_sockets::on_awaited(const std::shared_ptr<socket_core>& by, const std::string& event) {
  if (strand().running_in_this_thread()) return events_.on_awaited(by, event);
  async::post(strand(), "socketio", [self = shared_from_this(), by, event] {
    self->events_.handlers().or_stuck([&] { self->events_.on_awaited(by, event); });
  });
}

// ---------------------------------------------------------------- out

void client_sockets::send_control(sio_type type, std::string_view nsp, std::string_view json) {
  if (const parser* with = host_->settings().parser.get()) {
    if (const auto encoded = control_frames(*with, type, nsp, json)) session().send(*encoded);
    return;
  }
  const engine::shared_frame f = control_frame(type, nsp, json);
  session().send({&f, 1});
}

// Nothing when the parser of the application throws: without this packet the client cannot go on.
std::optional<client_sockets::frames> client_sockets::control_frames(const parser& with, sio_type type,
                                                                     std::string_view nsp, std::string_view json) {
  try {
    return frames_of(encode_with(with, type, nsp, std::nullopt, json, {}), session().revision());
  } catch (const std::exception& e) {
    base::log(log_level::warn, "socketio", std::string("the parser could not write a packet: ") + base::words_of(e));
    session().post([self = shared_from_this()] { self->close_for_violation("the parser could not write a packet"); });
    return std::nullopt;
  }
}

}  // namespace cosio::inline v0_2::socketio
