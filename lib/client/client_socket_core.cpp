// A socket of a client: joining its namespace, and its end.

#include "client/client_socket_core.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <exception>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::clients {

namespace json = boost::json;

socket_core::socket_core(std::weak_ptr<client_socket_owner> owner, std::shared_ptr<async::runtime> where,
                         async::strand on, std::string nsp, client_socket_options settings)
    : listeners(std::make_shared<registrations<detail::listener_ptr>>()),
      any(make_hooks<std::string, arguments>()),
      any_outgoing(make_hooks<std::string, arguments>()),
      on_connect(make_hooks<>()),
      on_connect_error(make_hooks<connect_error>()),
      on_disconnect(make_hooks<client_reason>()),
      on_error(make_hooks<client_failure>()),
      owner_(std::move(owner)),
      where_(std::move(where)),
      strand_(std::move(on)),
      nsp_(std::move(nsp)),
      settings_(std::move(settings)),
      kept_(settings_.max_pending_bytes),
      line_(settings_.max_pending_bytes) {}

std::string socket_core::id() const {
  const base::lock_guard lock(mutex_);
  return id_;
}

pending_events socket_core::pending() const noexcept {
  return {kept_.size() + line_.size(), kept_.bytes() + line_.bytes(), awaited_.load()};
}

void socket_core::close_registrations() {
  ended_ = true;
  listeners->close();
  any->close();
  any_outgoing->close();
  on_connect->close();
  on_connect_error->close();
  on_disconnect->close();
  on_error->close();
}

// ---------------------------------------------------------------- joining

void socket_core::open() {
  const auto on = owner();
  if (!on || ended_ || connected_) return;
  active_ = true;
  if (on->is_open()) {
    on_open();
  } else {
    on->want_connection();
  }
}

void socket_core::open(connect_wait wait) {
  if (connected_) return wait->settle(true);
  if (!owner() || ended_) return wait->fail_with(error(errc::cancelled, "the manager of this socket is gone"));
  std::erase_if(connect_waits_, [](const connect_wait& each) { return each->is_settled(); });
  connect_waits_.push_back(std::move(wait));
  open();
}

void socket_core::on_open() {
  const auto on = owner();
  if (!on || !active_ || connected_ || joining_) return;
  joining_ = true;
  if (sent_connect_) return;  // it left and comes back: the answer is on its way
  ++attempt_;
  if (on->settings().protocol == 4) {
    if (nsp_ != "/") return send_connect({});
    if (const auto known = on->root_id()) joined(*known, {});  // else the server's CONNECT follows by itself
    return;
  }
  if (!settings_.auth) return send_connect({});
  async::spawn(strand_, "socketio", ask_auth(shared_from_this(), attempt_));
}

task<> socket_core::ask_auth(self_ptr self, std::uint64_t attempt) {
  json::value auth;
  std::exception_ptr thrown;
  try {
    auto asked = self->settings_.auth.asked().function()();
    auth = co_await std::move(asked);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (self->attempt_ != attempt || !self->joining_ || self->ended_) co_return;
  if (!thrown && !auth.is_object() && !auth.is_null()) {
    thrown = std::make_exception_ptr(error(errc::bad_argument, "the option auth is no object"));
  }
  if (thrown) {
    self->refused(connect_error(false, "the data of the option auth is missing: " + base::describe(thrown)));
  } else {
    self->send_connect(std::move(auth));
  }
}

void socket_core::send_connect(json::value auth) {
  const auto on = owner();
  if (!on) return;
  packet_out packet;
  packet.type = wire::sio_type::connect;
  packet.nsp = nsp_;
  if (on->settings().protocol == 4) {
    if (!settings_.query.empty()) packet.nsp += "?" + settings_.query;
  } else {
    json::object data;
    if (!pid_.empty()) data = {{"pid", pid_}, {"offset", offset_}};
    if (auto* const members = auth.if_object()) {
      for (auto& [name, value] : *members) data[name] = std::move(value);
    }
    if (!data.empty()) wire::append_json(packet.json, json::value(std::move(data)));
  }
  try {
    on->send(packet, true);
    sent_connect_ = true;
  } catch (const std::exception& e) {  // of an own parser
    refused(connect_error(false, std::string("CONNECT could not be written: ") + e.what()));
  }
}

namespace {

std::string member_text(const json::value& of, std::string_view name) {
  const auto* const members = of.if_object();
  const auto* const found = members != nullptr ? members->if_contains(name) : nullptr;
  const auto* const text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

}  // namespace

void socket_core::on_connect_packet(const wire::socket_packet& packet) {
  const auto on = owner();
  const bool was_asked = std::exchange(sent_connect_, false);
  if (was_asked && !active_) return send_disconnect();  // it has left before the answer
  if (!on || !joining_) return;
  if (on->settings().protocol == 4) {
    const std::string session = on->root_id().value_or(std::string());
    return joined(nsp_ == "/" ? session : nsp_ + "#" + session, {});
  }
  std::string id = member_text(packet.data, "sid");
  if (id.empty()) {
    return refused(
        connect_error(false, "the server's CONNECT has no sid: a server of Socket.IO 2 needs the option protocol 4"));
  }
  joined(std::move(id), member_text(packet.data, "pid"));
}

void socket_core::joined(std::string id, std::string pid) {
  joining_ = false;
  recovered_ = !pid.empty() && pid == pid_;
  pid_ = std::move(pid);
  {
    const base::lock_guard lock(mutex_);
    id_ = std::move(id);
  }
  connected_ = true;
  const auto waits = std::exchange(connect_waits_, {});
  for (const connect_wait& each : waits) each->settle(true);
  early_bytes_ = 0;
  for (auto& each : std::exchange(early_, {})) on_event(std::move(each));
  send_kept();
  drain_line(true);
  call_hooks(on_connect, "connect");
}

void socket_core::refused(connect_error why) {
  joining_ = false;
  active_ = false;
  const auto waits = std::exchange(connect_waits_, {});
  for (const connect_wait& each : waits) each->fail_with(why);
  call_hooks(on_connect_error, "connect_error", why);
  if (const auto on = owner()) on->left();
}

void socket_core::on_attempt_failed(const connect_error& why, bool is_last) {
  if (!active_ || connected_) return;
  joining_ = false;
  if (is_last) {
    const auto waits = std::exchange(connect_waits_, {});
    for (const connect_wait& each : waits) each->fail_with(why);
  }
  call_hooks(on_connect_error, "connect_error", why);
}

void socket_core::on_given_up() {
  const auto waits = std::exchange(connect_waits_, {});
  for (const connect_wait& each : waits)
    each->fail_with(connect_error(false, "the server was not reached, and no further attempt is made"));
}

// ---------------------------------------------------------------- the end

void socket_core::disconnect() {
  const auto on = owner();
  if (!on || !active_) return;
  const bool was_connected = connected_;
  if (was_connected) send_disconnect();
  active_ = false;
  joining_ = false;
  ++attempt_;
  const auto waits = std::exchange(connect_waits_, {});
  for (const connect_wait& each : waits)
    each->fail_with(error(errc::disconnected, "disconnect() was called before the socket was connected"));
  if (was_connected) leave(client_reason::kind::io_client_disconnect);
  on->left();
}

void socket_core::send_disconnect() {
  packet_out packet;
  packet.type = wire::sio_type::disconnect;
  packet.nsp = nsp_;
  if (const auto on = owner()) base::guarded("socketio", [&] { on->send(packet, true); });
}

void socket_core::wait_for_end(end_wait wait) {
  if (!connected_) {
    client_reason none = client_reason::kind::io_client_disconnect;
    return wait->settle(std::move(none));
  }
  std::erase_if(end_waits_, [](const end_wait& each) { return each->is_settled(); });
  end_waits_.push_back(std::move(wait));
}

void socket_core::wait_with(std::shared_ptr<pending_result<arguments>> wait) {
  if (ended_) return wait->fail_with(error(errc::cancelled, "the manager of this socket is gone"));
  std::erase_if(event_waits_, [](const auto& each) { return each->is_settled(); });
  event_waits_.push_back(std::move(wait));
}

// The socket is out of its namespace.
void socket_core::leave(const client_reason& why) {
  connected_ = false;
  ++attempt_;
  {
    const base::lock_guard lock(mutex_);
    id_.clear();
  }
  if (try_id_ && try_limit_) {
    try_failed(errc::disconnected, "the socket was disconnected before the answer came");
  } else {
    try_id_.reset();  // it is sent again with the next connection
  }
  fail_acks(errc::disconnected, "the socket was disconnected before the answer came");
  const auto waits = std::exchange(end_waits_, {});
  for (const end_wait& each : waits) each->settle(why);
  call_hooks(on_disconnect, "disconnect", why);
}

void socket_core::fail_acks(errc code, const char* why) {
  std::vector<std::shared_ptr<question>> gone;
  for (auto at = acks_.begin(); at != acks_.end();) {
    if (kept_.holds(at->second.get())) {
      ++at;
    } else {
      gone.push_back(std::move(at->second));
      at = acks_.erase(at);
    }
  }
  awaited_ = acks_.size();
  for (const auto& each : gone) each->answer->fail_with(error(code, why));
}

void socket_core::on_connection_lost(const client_reason& why) {
  joining_ = false;
  sent_connect_ = false;
  early_.clear();
  early_bytes_ = 0;
  if (connected_) {
    leave(why);
  } else {
    ++attempt_;
  }
}

void socket_core::on_end() {
  close_registrations();
  active_ = false;
  const auto waits = std::exchange(connect_waits_, {});
  for (const connect_wait& each : waits) each->fail_with(error(errc::cancelled, "the manager was destroyed"));
  on_connection_lost(client_reason::kind::io_client_disconnect);
  kept_.take_all();
  for (const outgoing_ptr& each : line_.take_all())
    if (each->asks) each->asks->answer->fail_with(error(errc::cancelled, "the manager was destroyed"));
  fail_acks(errc::cancelled, "the manager was destroyed");
  for (const auto& each : std::exchange(event_waits_, {}))
    each->fail_with(error(errc::cancelled, "the manager was destroyed"));
}

}  // namespace cosio::inline v0_2::clients
