// The local part of every adapter.

#include "adapter/local_adapter.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/error.hpp>

#include <algorithm>

#include "adapter/collector.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::adapters {
namespace {

// The number of rooms that are left while the table is locked once.
constexpr std::size_t portion = 500;

// The cost of rooms, charged before a socket joins them. What is not spent is given back.
class prepaid {
 public:
  prepaid(local_socket& who, std::size_t bytes) noexcept : who_(who), ok_(who.charge_rooms(bytes)), left_(bytes) {}
  prepaid(const prepaid&) = delete;
  prepaid& operator=(const prepaid&) = delete;
  ~prepaid() {
    if (ok_ && left_ != 0) who_.give_back_rooms(left_);
  }
  explicit operator bool() const noexcept { return ok_; }
  void spend(std::size_t bytes) noexcept { left_ -= bytes; }

 private:
  local_socket& who_;
  const bool ok_;
  std::size_t left_;
};

}  // namespace

// ---------------------------------------------------------------- room events

room_events local_adapter::take_untold() {
  room_events out;
  const base::lock_guard lock(mutex_);
  out.swap(untold_);
  is_telling_ = !out.empty();
  return out;
}

void local_adapter::tell() noexcept {
  {
    const base::lock_guard lock(mutex_);
    if (is_telling_ || untold_.empty()) return;
    is_telling_ = true;
  }
  for (room_events events = take_untold(); !events.empty(); events = take_untold())
    for (const room_event& what : events) base::guarded("adapter", [&] { room_changed(what); });
}

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
  joined done = joined::all;
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) { done = join_rooms(who, rooms, events); });
  if (done == joined::above_max_rooms)
    throw error(errc::limit_reached, "a socket would be in more than " + std::to_string(host_.max_rooms()) +
                                         " rooms: raise options.max_rooms_per_client if it may");
  if (done == joined::above_max_bytes)
    throw error(errc::limit_reached,
                "the rooms of a client would take more memory than it may: raise options.max_client_bytes if it may");
  co_return;
}

local_adapter::joined local_adapter::join_rooms(const std::shared_ptr<local_socket>& who,
                                                const std::vector<std::string>& rooms, room_events* events) {
  if (!who->alive()) return joined::all;  // it has left, or is leaving: nobody would ever remove it from the room
  const auto after = table_.after_joining(who->id(), rooms);
  const std::size_t most = host_.max_rooms();
  if (most != 0 && after.cost != 0 && after.rooms > most) {
    host_.rooms_refused();
    return joined::above_max_rooms;
  }
  prepaid paid(*who, after.cost);
  if (!paid) return joined::above_max_bytes;
  for (const std::string& room : rooms) paid.spend(table_.join(who, room, events));
  return joined::all;
}

task<> local_adapter::leave(std::string id, std::vector<std::string> rooms) {
  leave_rooms(id, rooms);
  co_return;
}

void local_adapter::leave_rooms(const std::string& id, const std::vector<std::string>& rooms) {
  for (std::size_t at = 0; at < rooms.size();) {
    changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
      for (std::size_t n = 0; n < portion && at < rooms.size(); ++n, ++at) table_.leave(id, rooms[at], events);
    });
  }
}

room_table::leaver local_adapter::take(const std::string& id) {
  room_table::leaver who;
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
    who = table_.take(id, events);
    table_.leave_some(who, portion, events);
  });
  return who;
}

void local_adapter::leave_some(room_table::leaver& who) {
  changing([&](room_events* events) COSIO_REQUIRES(mutex_) { table_.leave_some(who, portion, events); });
}

// Gets out of all of its rooms, whatever happens to the coroutine.
class local_adapter::leaving {
 public:
  leaving(local_adapter& from, const std::string& id) : from_(from), who_(from.take(id)) {}
  leaving(const leaving&) = delete;
  leaving& operator=(const leaving&) = delete;
  ~leaving() {
    base::guarded("adapter", [this] {
      while (!is_done()) leave_some();
    });
  }

  bool is_done() const noexcept { return who_.is_done(); }
  void leave_some() { from_.leave_some(who_); }

 private:
  local_adapter& from_;
  room_table::leaver who_;
};

// Between two portions of rooms others have their turn, on this thread and in the table.
task<> local_adapter::remove(std::string id) {
  leaving who(*this, id);
  if (who.is_done()) co_return;
  const auto here = co_await boost::asio::this_coro::executor;
  while (!who.is_done()) {
    co_await boost::asio::post(here, boost::asio::use_awaitable);
    who.leave_some();
  }
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

void local_adapter::correct(report& sum, std::size_t over) noexcept {
  over = std::min(over, sum.queued);
  sum.queued -= over;
  sum.refused += over;
  sum.over_budget += over;
}

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
  const std::size_t over = host_.gather([&] {
    const base::lock_guard lock(mutex_);
    sum = deliver_locked(packet, to);
  });
  correct(sum, over);
  host_.delivered(sum);
  return sum;
}

asked_clients local_adapter::ask_clients(const outgoing_packet& packet, const target& to,
                                         const std::shared_ptr<answer_sink>& sink) {
  // Made first: if one of them throws, all are forgotten.
  asked_clients asked(local_sockets(to), packet.ack_id().value_or(0));
  host_.gather([&] {
    for (const auto& receiver : asked.all()) receiver->ask(packet, to.flags, sink);
  });
  return asked;
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

void local_adapter::join_all(const target& to, const std::vector<std::string>& rooms) {
  for (const auto& who : local_sockets(to))
    changing([&](room_events* events) COSIO_REQUIRES(mutex_) { join_rooms(who, rooms, events); });
}

void local_adapter::leave_all(const target& to, const std::vector<std::string>& rooms) {
  for (const auto& who : local_sockets(to))
    if (who->alive()) leave_rooms(who->id(), rooms);  // otherwise another socket may have its id already
}

task<> local_adapter::sockets_join(target to, std::vector<std::string> rooms) {
  join_all(to, rooms);
  co_return;
}

task<> local_adapter::sockets_leave(target to, std::vector<std::string> rooms) {
  leave_all(to, rooms);
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

}  // namespace cosio::inline v0_2::adapters
