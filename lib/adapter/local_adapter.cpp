// The local part of every adapter.

#include "adapter/local_adapter.hpp"

#include <cosio/error.hpp>

#include "adapter/collector.hpp"
#include "base/guarded.hpp"

namespace cosio::adapters {

asked_clients::~asked_clients() {
  for (const auto& socket : who_) socket->forget(ack_id_);
}

task<> local_adapter::close() { co_return; }

// ---------------------------------------------------------------- rooms

bool local_adapter::put_in(const std::shared_ptr<local_socket>& who, room_events* events) {
  if (!who->alive()) return false;
  table_.expect(who);  // first, since this may throw: an admitted socket must get its place
  if (!who->admit()) return false;
  table_.connect(who, events);
  return true;
}

task<admission> local_adapter::connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record>) {
  bool in = false;
  host_.gather([&] { changing([&](room_events* events) COSIO_REQUIRES(mutex_) { in = put_in(who, events); }); });
  co_return admission(in);
}

task<> local_adapter::join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) {
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
    if (!who->alive()) return;  // it has left, or is leaving: nobody would ever remove it from the room
    if (!has_room_for(*who, rooms))
      throw error(errc::limit_reached, "a socket would be in more than " + std::to_string(host_.max_rooms()) +
                                           " rooms: raise options.max_rooms_per_client if it may");
    for (const std::string& room : rooms) table_.join(who, room, events);
  });
  co_return;
}

bool local_adapter::has_room_for(const local_socket& who, const std::vector<std::string>& rooms) const {
  const std::size_t most = host_.max_rooms();
  if (most == 0 || table_.rooms_after(who.id(), rooms) <= most) return true;
  host_.rooms_refused();
  return false;
}

task<> local_adapter::leave(std::string id, std::vector<std::string> rooms) {
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
    for (const std::string& room : rooms) table_.leave(id, room, events);
  });
  co_return;
}

task<> local_adapter::remove(std::string id) {
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) { table_.remove(id, events); });
  co_return;
}

std::vector<std::string> local_adapter::rooms_of(std::string_view id) const {
  const base::lock_guard lock(mutex_);
  return table_.rooms_of(id);
}

std::vector<std::string> local_adapter::room_names() const {
  const base::lock_guard lock(mutex_);
  return table_.all_rooms();
}

bool local_adapter::has_members(std::string_view room) const {
  const base::lock_guard lock(mutex_);
  return table_.contains(room);
}

// ---------------------------------------------------------------- delivering and asking

report local_adapter::deliver_locked(const outgoing_packet& packet, const target& to) {
  report sum;
  table_.walk(to, [&](const std::shared_ptr<local_socket>& receiver) {
    switch (receiver->deliver(packet, to.flags)) {
      case delivery::queued:
        ++sum.queued;
        break;
      case delivery::dropped:
        ++sum.dropped;
        break;
      case delivery::refused:
        ++sum.refused;
        break;
      case delivery::over_budget:
        ++sum.refused;
        ++sum.over_budget;
        break;
    }
  });
  return sum;
}

report local_adapter::deliver(const outgoing_packet& packet, const target& to) {
  report sum;
  host_.gather([&] {
    const base::lock_guard lock(mutex_);
    sum = deliver_locked(packet, to);
  });
  host_.delivered(sum);
  return sum;
}

asked_clients local_adapter::ask_clients(const outgoing_packet& packet, const target& to,
                                         const std::shared_ptr<answer_sink>& sink) {
  auto receivers = local_sockets(to);
  host_.gather([&] {
    for (const auto& receiver : receivers) receiver->ask(packet, to.flags, sink);
  });
  return asked_clients(std::move(receivers), packet.ack_id().value_or(0));
}

task<report> local_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  co_return deliver(*packet, to);
}

task<answers> local_adapter::broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) {
  const auto collected = std::make_shared<collector>(1);
  const asked_clients asked = ask_clients(*packet, to, collected);
  collected->expect(asked.count());
  auto got =
      co_await collector::wait(collected, host_.timers(), to.flags.timeout.value_or(std::chrono::milliseconds(0)));
  co_return got;
}

// ---------------------------------------------------------------- many sockets

std::vector<std::shared_ptr<local_socket>> local_adapter::local_sockets(const target& to) const {
  std::vector<std::shared_ptr<local_socket>> out;
  const base::lock_guard lock(mutex_);
  table_.walk(to, [&](const std::shared_ptr<local_socket>& socket) { out.push_back(socket); });
  return out;
}

std::vector<std::string> local_adapter::ids_of(const target& to) const {
  std::vector<std::string> ids;
  const base::lock_guard lock(mutex_);
  table_.walk(to, [&](const std::shared_ptr<local_socket>& socket) { ids.push_back(socket->id()); });
  return ids;
}

std::vector<socket_descriptor> local_adapter::describe(const target& to) const {
  std::vector<socket_descriptor> out;
  for (const auto& s : local_sockets(to)) out.emplace_back(s->id(), s->handshake_json(), rooms_of(s->id()), s->data());
  return out;
}

task<partial<std::vector<std::string>>> local_adapter::sockets(target to) { co_return partial(ids_of(to)); }
task<partial<std::vector<socket_descriptor>>> local_adapter::fetch_sockets(target to) {
  co_return partial(describe(to));
}
task<partial<std::vector<std::string>>> local_adapter::all_rooms() { co_return partial(room_names()); }

task<> local_adapter::sockets_join(target to, std::vector<std::string> rooms) {
  const auto members = local_sockets(to);
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
    for (const auto& who : members) {
      if (!who->alive() || !has_room_for(*who, rooms)) continue;
      for (const std::string& room : rooms) table_.join(who, room, events);
    }
  });
  co_return;
}

task<> local_adapter::sockets_leave(target to, std::vector<std::string> rooms) {
  const auto members = local_sockets(to);
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
    for (const auto& who : members)
      for (const std::string& room : rooms) table_.leave(who->id(), room, events);
  });
  co_return;
}

task<> local_adapter::disconnect_sockets(target to, bool close) {
  const auto members = local_sockets(to);
  for (const auto& who : members) {
    auto work = who->disconnect(close);
    co_await std::move(work);
  }
}

// ---------------------------------------------------------------- other servers: there are none

task<> local_adapter::server_side_emit(event_data) { co_return; }
task<answers> local_adapter::server_side_emit_with_ack(event_data, std::optional<std::chrono::milliseconds>) {
  co_return answers();
}
task<std::size_t> local_adapter::server_count() { co_return 1; }

}  // namespace cosio::adapters
