// The sockets of one client.

#include "socketio/client_sockets.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>

#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/foreign_parser.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"
#include "wire/json_limits.hpp"

namespace cosio::socketio {
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

bool has_joined(const std::shared_ptr<socket_core>& socket) noexcept { return socket && socket->connected(); }

}  // namespace

client_sockets::client_sockets(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session,
                               engine::handler_queue::owner& handlers)
    : socket_owner(std::move(session)),
      host_(std::move(host)),
      events_(handlers, host_->settings().max_handlers_in_flight, *host_->counters()) {}

client_sockets::~client_sockets() = default;

// ---------------------------------------------------------------- the table

const client_sockets::place* client_sockets::find(std::string_view nsp) const noexcept {
  for (const place& p : sockets_)
    if (p.first->text == nsp) return &p;
  return nullptr;
}

void client_sockets::expect(std::string_view nsp) { sockets_.emplace_back(shared(nsp), nullptr); }

bool client_sockets::is_expected(std::string_view nsp) const noexcept {
  const place* const known = find(nsp);
  return !closed_ && known != nullptr && !has_joined(known->second);
}

void client_sockets::found(const std::shared_ptr<socket_core>& socket) {
  for (auto& [name, who] : sockets_)
    if (name->text == socket->nsp()->name()) who = socket;
}

std::shared_ptr<socket_core> client_sockets::joined(std::string_view nsp) const noexcept {
  const place* const known = find(nsp);
  return known != nullptr && has_joined(known->second) ? known->second : nullptr;
}

client_sockets::list client_sockets::all_joined() const {
  list all;
  for (const auto& [name, socket] : sockets_)
    if (has_joined(socket)) all.push_back(socket);
  return all;
}

void client_sockets::remove(std::string_view nsp) {
  if (const place* known = find(nsp); known != nullptr && known->second) events_.remove_queue(known->second);
  const auto gone =
      std::remove_if(sockets_.begin(), sockets_.end(), [&](const place& p) { return p.first->text == nsp; });
  sockets_.erase(gone, sockets_.end());
}

// ---------------------------------------------------------------- joining

void client_sockets::start_connect_timeout() {
  limit_ = connect_limit::make(weak_from_this());
  host_->timers().arm_after(*limit_, host_->connect_timeout());
}

void client_sockets::on_connect_timeout() {
  if (never_joined()) close_for_violation("no namespace was joined in time");
}

bool client_sockets::admit(const std::shared_ptr<socket_core>& who) {
  const std::string& name = who->nsp()->name();
  const place* const known = find(name);
  if (closed_ || known == nullptr || known->second != who || who->connected()) return false;
  send_control(sio_type::connect, name, connect_json(*who));  // may throw: so it comes first
  limit_ = nullptr;
  who->set_connected();
  return true;
}

void client_sockets::refuse(const std::string& nsp, std::string_view json) {
  if (!is_expected(nsp)) return;
  remove(nsp);
  send_control(sio_type::connect_error, nsp, json);
}

// ---------------------------------------------------------------- leaving

void client_sockets::leave(const std::shared_ptr<socket_core>& who, const reason& why) {
  remove(who->nsp()->name());
  who->leave(why);
  host_->left(who->nsp());
}

void client_sockets::disconnect(const std::shared_ptr<socket_core>& who, bool close) {
  const reason why(reason::kind::server_namespace_disconnect);
  if (close) {
    const auto all = std::exchange(sockets_, {});
    for (const auto& [name, socket] : all) {
      if (!has_joined(socket)) continue;
      events_.remove_queue(socket);
      send_control(sio_type::disconnect, name->text, {});
      socket->leave(why);
      host_->left(socket->nsp());
    }
    session().close(reason(reason::kind::forced_close), false);
    return;
  }
  const std::string& name = who->nsp()->name();
  if (joined(name) != who) return;
  send_control(sio_type::disconnect, name, {});
  leave(who, why);
}

void client_sockets::make_all_leave(const reason& why) {
  closed_ = true;
  limit_ = nullptr;
  const engine::flush_scope scope;
  const auto all = std::exchange(sockets_, {});
  for (const place& p : all) {
    const auto& socket = p.second;
    if (!has_joined(socket)) continue;  // connecting::run() cleans up after itself
    events_.remove_queue(socket);
    base::guarded("socketio", [&] { socket->leave(why); });
    base::guarded("socketio", [&] { host_->left(socket->nsp()); });
  }
}

void client_sockets::forsake() noexcept {
  closed_ = true;
  events_.forsake();
  for (const auto& [name, socket] : std::exchange(sockets_, {}))
    if (socket) socket->forsake();
}

void client_sockets::close_for_violation(std::string why) {
  if (closed_) return;
  if (base::logs(log_level::debug)) {
    const std::string who = session().id().substr(0, 6);
    base::log(log_level::debug, "socketio", "client " + who + "…: " + why, {{"session", who}, {"detail", why}});
  }
  session().close(reason(reason::kind::forced_close, why), false);
  if (!closed_) make_all_leave(reason(reason::kind::forced_server_close, std::move(why)));
}

void client_sockets::close_stuck(const std::exception_ptr& why) {
  base::log_thrown("socketio",
                   {"client ", std::string_view(session().id()).substr(0, 6), "…: its handlers could not be started"},
                   why);
  session().close(reason(reason::kind::forced_close, "its handlers could not be started"), true);
}

// ---------------------------------------------------------------- out

void client_sockets::send_control(sio_type type, std::string_view nsp, std::string_view json) {
  if (const parser* with = host_->settings().parser.get()) return send_control_with(*with, type, nsp, json);
  const engine::shared_frame f = control_frame(type, nsp, json);
  session().send({&f, 1});
}

void client_sockets::send_control_with(const parser& with, sio_type type, std::string_view nsp, std::string_view json) {
  try {
    session().send(frames_of(encode_with(with, type, nsp, std::nullopt, json, {}), session().revision()));
  } catch (const std::exception& e) {  // the application's parser: without this packet the client cannot go on
    base::log(log_level::warn, "socketio", std::string("the parser could not write a packet: ") + e.what());
    boost::asio::post(
        strand(), [self = shared_from_this()] { self->close_for_violation("the parser could not write a packet"); });
  }
}

}  // namespace cosio::socketio
