// The manager of a client: packets in both directions, and room for handlers.

#include <utility>

#include "async/spawn.hpp"
#include "base/error.hpp"
#include "base/logger.hpp"
#include "client/manager_core.hpp"

namespace cosio::inline v0_2::clients {

std::shared_ptr<socket_core> manager_core::socket(std::string nsp, client_socket_options options) {
  if (nsp.empty() || nsp.front() != '/') nsp.insert(0, "/");
  const base::lock_guard lock(mutex_);
  const auto found = sockets_.find(nsp);
  if (found != sockets_.end()) return found->second;
  auto made = std::make_shared<socket_core>(weak_from_this(), where_, strand_, nsp, std::move(options));
  if (!ended_) sockets_.emplace(std::move(nsp), made);
  return made;
}

std::vector<std::shared_ptr<socket_core>> manager_core::sockets() const {
  std::vector<std::shared_ptr<socket_core>> out;
  const base::lock_guard lock(mutex_);
  out.reserve(sockets_.size());
  for (const auto& [nsp, each] : sockets_) out.push_back(each);
  return out;
}

std::string manager_core::transport() const {
  const base::lock_guard lock(mutex_);
  return transport_;
}

client_metrics manager_core::metrics() const {
  const base::lock_guard lock(mutex_);
  return figures_;
}

void manager_core::count(std::uint64_t client_metrics::* what) noexcept {
  const base::lock_guard lock(mutex_);
  ++(figures_.*what);
}

void manager_core::trace(bool sent, const message& what) noexcept {
  if (settings_.trace) base::guarded("socketio", [&] { settings_.trace(sent, what); });
}

// ---------------------------------------------------------------- out

bool manager_core::is_overdue() const noexcept { return !ear_ || ear_->engine->is_overdue(); }

bool manager_core::is_idle() const noexcept {
  return ear_ && state_ == state::open && !ear_->engine->is_overdue() && ear_->engine->waiting_bytes() == 0;
}

void manager_core::send(const packet_out& what, bool compress) {
  if (state_ != state::open || !ear_) return;
  auto messages = codec_.write(what);
  for (const message& each : messages) trace(true, each);
  count(&client_metrics::packets_sent);
  ear_->engine->send_all(std::move(messages), compress);
}

std::shared_ptr<pending_result<bool>> manager_core::room() {
  if (!ear_ || ear_->engine->waiting_bytes() <= settings_.high_water_mark) return nullptr;
  std::erase_if(room_waits_, [](const auto& each) { return each->is_settled(); });
  room_waits_.push_back(std::make_shared<pending_result<bool>>());
  return room_waits_.back();
}

void manager_core::drained() {
  for (const auto& each : std::exchange(room_waits_, {})) each->settle(true);
}

// ---------------------------------------------------------------- in

void manager_core::received(const message& what) {
  if (state_ != state::open || ended_) return;
  trace(false, what);
  packet_bytes_ += what.is_binary() ? what.bytes().size() : what.text().size();
  auto packet = codec_.read(what);
  if (packet.has_error()) {
    count(&client_metrics::unreadable);
    const std::string detail = make_error_code(packet.error().code).message();
    base::log(log_level::warn, "socketio", "client: the server sent a packet that cannot be read: " + detail);
    return connection_lost(client_reason(client_reason::kind::parse_error, detail));
  }
  if (!*packet) return;
  count(&client_metrics::packets_received);
  route(**packet, std::exchange(packet_bytes_, 0));
}

void manager_core::route(wire::socket_packet& packet, std::size_t bytes) {
  const std::string_view nsp = packet.header.nsp.substr(0, packet.header.nsp.find('?'));
  if (packet.header.type == wire::sio_type::connect && nsp == "/" && settings_.protocol == 4) root_id_ = session_id_;
  std::shared_ptr<socket_core> to;
  {
    const base::lock_guard lock(mutex_);
    const auto found = sockets_.find(nsp);
    if (found != sockets_.end()) to = found->second;
  }
  if (to) {
    to->on_packet(packet, bytes);
  } else if (!root_id_ || packet.header.type != wire::sio_type::connect) {
    count(&client_metrics::unknown_namespaces);
  }
}

// ---------------------------------------------------------------- handlers

void manager_core::start_handler(task<> work) {
  ++running_;
  async::spawn(strand_, "socketio", std::move(work), [weak = weak_from_this()] {
    if (const auto alive = weak.lock()) alive->handler_ended();
  });
}

void manager_core::handler_ended() {
  --running_;
  handle_held();
}

void manager_core::when_room(std::size_t bytes, std::function<void()> handle) {
  constexpr std::size_t around = 256;  // the memory of an event beside its text
  if (held_bytes_ + bytes + around > settings_.max_held_bytes && !held_.empty()) {
    count(&client_metrics::unreadable);
    base::log(log_level::warn, "socketio",
              "client: events come faster than their handlers end: raise max_held_bytes or max_handlers_in_flight");
    return connection_lost(client_reason(client_reason::kind::parse_error, "more than max_held_bytes would wait"));
  }
  held_bytes_ += bytes + around;
  held_.emplace_back(bytes + around, std::move(handle));
  handle_held();
}

// One event after the other, each to the first suspension of its handlers.
void manager_core::handle_held() {
  if (handles_) return;
  handles_ = true;
  while (!ended_ && !held_.empty() && running_ < settings_.max_handlers_in_flight) {
    const auto next = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= next.first;
    base::guarded("socketio", next.second);
  }
  handles_ = false;
}

}  // namespace cosio::inline v0_2::clients
