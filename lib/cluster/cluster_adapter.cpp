// The adapter of a namespace whose servers exchange messages over a wire: its rooms and broadcasts.

#include "cluster/cluster_adapter.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/hex.hpp"
#include "base/logger.hpp"
#include "base/sid.hpp"
#include "base/sip_hash.hpp"
#include "cluster/cluster_messages.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

async::strand strand_of(adapter_host& host) {
  const auto on = host.executor();
  const auto* plain = on.target<async::executor>();
  if (plain == nullptr) throw error(errc::not_supported, "the adapter's host runs on no io_context");
  return async::strand(*plain);
}

std::shared_ptr<cluster_rooms> rooms_of_wire(const std::shared_ptr<cluster_wire>& wire, const std::string& nsp,
                                             const async::strand& on) {
  return wire->watches_rooms() ? std::make_shared<cluster_rooms>(wire, nsp, on) : nullptr;
}

// Hands what the wire brings to the adapter, while the namespace lives.
class adapter_receiver final : public cluster_receiver {
 public:
  adapter_receiver(std::weak_ptr<adapter_host> host, std::weak_ptr<cluster_adapter> adapter)
      : host_(std::move(host)), adapter_(std::move(adapter)) {}

  void received(cluster_message message, std::string_view offset) override {
    tell([&](cluster_adapter& to) { to.on_message(std::move(message), offset); });
  }
  void lost() override {
    tell([](cluster_adapter& to) { to.on_lost(); });
  }
  void restored(wire_gap gap) override {
    tell([&](cluster_adapter& to) { to.on_restored(gap); });
  }

 private:
  template <class F>
  void tell(F what) const noexcept {
    const auto host = host_.lock();
    const auto to = adapter_.lock();
    if (host && to) base::guarded("cluster", [&] { what(*to); });
  }

  const std::weak_ptr<adapter_host> host_;
  const std::weak_ptr<cluster_adapter> adapter_;
};

}  // namespace

cluster_adapter::cluster_adapter(adapter_host& host, std::shared_ptr<cluster_wire> wire,
                                 std::shared_ptr<const cluster_options> settings)
    : local_adapter(host),
      weak_host_(host.weak()),
      wire_(std::move(wire)),
      settings_(std::move(settings)),
      nsp_(host.name()),
      uid_(new_id()),
      beats_(!wire_->counts_servers()),
      keeps_(wire_->keeps_sessions() && host.recovery() != nullptr),
      strand_(strand_of(host)),
      rooms_(rooms_of_wire(wire_, nsp_, strand_)),
      asked_(std::make_shared<asked_questions>(max_asked)),
      answering_(2 * max_asked) {}

// Sixteen hexadecimal digits, as in Node's adapters.
std::string cluster_adapter::new_id() {
  const std::uint64_t number = base::sip_hash(base::process_secret(), base::new_sid());
  std::string out;
  for (unsigned shift = 0; shift < 64; shift += 8) base::append_hex(out, static_cast<unsigned char>(number >> shift));
  return out;
}

// ---------------------------------------------------------------- begin and end

task<> cluster_adapter::init() { return open(shared_from_this()); }

task<> cluster_adapter::open(self_ptr self) {
  self->owned_by(self->weak_from_this());
  {
    const base::lock_guard lock(self->state_mutex_);
    self->is_open_ = true;
  }
  auto receiver = std::make_shared<adapter_receiver>(self->host().weak(), self->weak_from_this());
  co_await self->wire_->listen(self->nsp_, self->uid_, std::move(receiver));
  if (!self->beats_) co_return;
  cluster_message hello = self->message(message_type::initial_heartbeat);
  co_await publish(self, std::move(hello));
  self->arm();
}

task<> cluster_adapter::close() { return end(shared_from_this()); }

task<> cluster_adapter::end(self_ptr self) {
  {
    const base::lock_guard lock(self->state_mutex_);
    self->is_open_ = false;
  }
  self->host().timers().disarm(*self);
  for (const question_ptr& question : self->questions()) question->failed("the namespace closes");
  if (self->beats_) {
    cluster_message goodbye = self->message(message_type::adapter_close);
    co_await publish(self, std::move(goodbye));
  }
  co_await self->wire_->stop(self->nsp_, self->uid_);
}

// ---------------------------------------------------------------- messages

// to() of an empty list names nobody. A message cannot say that: an empty list means everybody there.
bool cluster_adapter::reaches_others(const target& to) const noexcept {
  return !to.flags.local && (to.everybody || !to.rooms.empty());
}

cluster_message cluster_adapter::message(message_type type) const {
  cluster_message out(type);
  out.uid = uid_;
  out.nsp = nsp_;
  return out;
}

cluster_message cluster_adapter::event_message(const std::shared_ptr<const outgoing_packet>& packet, target to) const {
  cluster_message out = message(message_type::broadcast);
  out.event = packet->data();
  out.packet = packet;
  out.to = std::move(to);
  return out;
}

cluster_adapter::milliseconds cluster_adapter::time_of(const target& to) const {
  return to.flags.timeout.value_or(settings_->requests_timeout);
}

// It is begun here: what other servers cannot read is refused before this server does its part.
task<publication> cluster_adapter::publish(self_ptr self, cluster_message what) {
  check_message(what);
  const message_type type = what.type;
  auto sending = self->wire_->publish(std::move(what));
  return end_of(std::move(self), type, std::move(sending));
}

task<publication> cluster_adapter::end_of(self_ptr self, message_type type, task<publication> sending) {
  publication how = co_await std::move(sending);
  self->published(type, how);
  co_return how;
}

task<> cluster_adapter::publish_if_others(self_ptr self, cluster_message what) {
  if (!self->reaches_others(what.to)) return async::nothing();
  auto sending = publish(self, std::move(what));
  return without_outcome(std::move(sending));
}

task<> cluster_adapter::without_outcome(task<publication> sending) { co_await std::move(sending); }

// One line for each trouble: it ends when a message is published again.
void cluster_adapter::published(message_type type, const publication& how) {
  const bool was_failing = is_failing_.exchange(!how.ok);
  if (how.ok) return;
  if (!was_failing) {
    base::log(log_level::warn, "cluster",
              "messages of namespace " + nsp_ + " do not reach the other servers: " + how.problem);
  }
  cluster_event what(cluster_event::kind::not_published, nsp_);
  what.type = type;
  what.problem = how.problem;
  tell(what);
}

void cluster_adapter::count(report& sum, const publication& how) noexcept {
  std::size_t& of = how.ok ? (how.pending ? sum.pending : sum.published) : sum.lost;
  ++of;
}

void cluster_adapter::tell(const cluster_event& what) const noexcept {
  if (settings_->on_event) base::guarded("cluster", [&] { settings_->on_event(what); });
}

task<> cluster_adapter::publish_quietly(self_ptr self, cluster_message what) {
  co_await publish(self, std::move(what));
}

task<> cluster_adapter::publish_request(self_ptr self, cluster_message what, question_ptr question) {
  publication how;
  try {
    how = co_await publish(self, std::move(what));
  } catch (const std::exception& e) {
    how = publication::failed(e.what());
  }
  if (how.pending) how.problem = "the broker cannot be reached";
  if (!how.ok || how.pending) question->failed(std::move(how.problem));
}

// ---------------------------------------------------------------- rooms

void cluster_adapter::room_changed(const room_event& what) {
  if (rooms_ && what.what == room_event::kind::created) rooms_->created(what.room);
  if (rooms_ && what.what == room_event::kind::deleted) rooms_->deleted(what.room);
  if (host().watches_rooms()) local_adapter::room_changed(what);
}

task<> cluster_adapter::until_subscribed(self_ptr self, std::vector<std::string> rooms) {
  async::deadlines& timers = self->host().timers();
  const auto until = timers.after(self->settings_->requests_timeout);
  return cluster_rooms::until_confirmed(self->rooms_, std::move(rooms), timers, until);
}

task<> cluster_adapter::join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) {
  if (!awaits_rooms()) return local_adapter::join(std::move(who), std::move(rooms));
  return join_and_wait(shared_from_this(), std::move(who), std::move(rooms));
}

task<> cluster_adapter::join_and_wait(self_ptr self, std::shared_ptr<local_socket> who,
                                      std::vector<std::string> rooms) {
  auto joining = self->local_adapter::join(std::move(who), rooms);
  co_await std::move(joining);
  co_await until_subscribed(self, std::move(rooms));
}

task<> cluster_adapter::sockets_join(target to, std::vector<std::string> rooms) {
  cluster_message what = message(message_type::sockets_join);
  what.to = std::move(to);
  what.rooms = std::move(rooms);
  return join_everywhere(shared_from_this(), std::move(what));
}

task<> cluster_adapter::join_everywhere(self_ptr self, cluster_message what) {
  const target to = what.to;
  std::vector<std::string> rooms = what.rooms;
  auto sending = publish_if_others(self, std::move(what));
  self->join_all(to, rooms);
  co_await std::move(sending);
  if (self->awaits_rooms()) co_await until_subscribed(self, std::move(rooms));
}

task<> cluster_adapter::sockets_leave(target to, std::vector<std::string> rooms) {
  cluster_message what = message(message_type::sockets_leave);
  what.to = std::move(to);
  what.rooms = std::move(rooms);
  return leave_everywhere(shared_from_this(), std::move(what));
}

task<> cluster_adapter::leave_everywhere(self_ptr self, cluster_message what) {
  const target to = what.to;
  const std::vector<std::string> rooms = what.rooms;
  auto sending = publish_if_others(self, std::move(what));
  self->leave_all(to, rooms);
  co_await std::move(sending);
}

task<> cluster_adapter::disconnect_sockets(target to, bool close) {
  cluster_message what = message(message_type::disconnect_sockets);
  what.to = std::move(to);
  what.close = close;
  return disconnect_everywhere(shared_from_this(), std::move(what));
}

task<> cluster_adapter::disconnect_everywhere(self_ptr self, cluster_message what) {
  target to = what.to;
  const bool close = what.close;
  auto sending = publish_if_others(self, std::move(what));
  co_await std::move(sending);
  auto here = self->local_adapter::disconnect_sockets(std::move(to), close);
  co_await std::move(here);
}

// ---------------------------------------------------------------- broadcasts

task<report> cluster_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast(std::move(packet), std::move(to));
  if (keeps_) return broadcast_in_place(shared_from_this(), std::move(packet), std::move(to));
  return broadcast_everywhere(shared_from_this(), std::move(packet), std::move(to));
}

// The own clients get the event whatever becomes of a message that can be sent.
task<report> cluster_adapter::broadcast_everywhere(self_ptr self, std::shared_ptr<const outgoing_packet> packet,
                                                   target to) {
  cluster_message what = self->event_message(packet, to);
  auto sending = publish(self, std::move(what));
  report sum = self->deliver(*packet, to);
  const publication how = co_await std::move(sending);
  count(sum, how);
  co_return sum;
}

}  // namespace cosio::inline v0_2::cluster
