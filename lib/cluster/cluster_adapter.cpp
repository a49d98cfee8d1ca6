// The adapter of a namespace whose servers exchange messages over a wire: its operations.

#include "cluster/cluster_adapter.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "base/logger.hpp"
#include "base/sid.hpp"
#include "base/sip_hash.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t max_questions = 10'000;
constexpr std::size_t max_asked = 10'000;

// Sixteen hexadecimal digits, as in Node's adapters.
std::string new_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint64_t number = base::sip_hash(base::process_secret(), base::new_sid());
  std::string out(16, '0');
  for (char& c : out) {
    c = digits[number & 15U];
    number >>= 4U;
  }
  return out;
}

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
      asked_(max_asked) {}

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

task<publication> cluster_adapter::publish(self_ptr self, cluster_message what) {
  const message_type type = what.type;
  publication how = co_await self->wire_->publish(std::move(what));
  self->published(type, how);
  co_return how;
}

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
  self->join_all(what.to, what.rooms);
  std::vector<std::string> rooms = what.rooms;
  if (self->reaches_others(what.to)) co_await publish(self, std::move(what));
  if (self->awaits_rooms()) co_await until_subscribed(self, std::move(rooms));
}

task<> cluster_adapter::sockets_leave(target to, std::vector<std::string> rooms) {
  cluster_message what = message(message_type::sockets_leave);
  what.to = std::move(to);
  what.rooms = std::move(rooms);
  return leave_everywhere(shared_from_this(), std::move(what));
}

task<> cluster_adapter::leave_everywhere(self_ptr self, cluster_message what) {
  self->leave_all(what.to, what.rooms);
  if (self->reaches_others(what.to)) co_await publish(self, std::move(what));
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
  if (self->reaches_others(to)) co_await publish(self, std::move(what));
  auto here = self->local_adapter::disconnect_sockets(std::move(to), close);
  co_await std::move(here);
}

// ---------------------------------------------------------------- broadcasts

task<report> cluster_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast(std::move(packet), std::move(to));
  if (keeps_) return broadcast_in_place(shared_from_this(), std::move(packet), std::move(to));
  return broadcast_everywhere(shared_from_this(), std::move(packet), std::move(to));
}

// The own clients get the event whatever becomes of the message.
task<report> cluster_adapter::broadcast_everywhere(self_ptr self, std::shared_ptr<const outgoing_packet> packet,
                                                   target to) {
  report sum = self->deliver(*packet, to);
  cluster_message what = self->event_message(packet, std::move(to));
  const publication how = co_await publish(self, std::move(what));
  count(sum, how);
  co_return sum;
}

task<answers> cluster_adapter::broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast_with_ack(std::move(packet), std::move(to));
  return ask_clients_everywhere(shared_from_this(), std::move(packet), std::move(to));
}

// The own clients are asked first, whatever becomes of the others.
task<answers> cluster_adapter::ask_clients_everywhere(self_ptr self, std::shared_ptr<const outgoing_packet> packet,
                                                      target to) {
  const auto until = self->host().timers().after(self->time_of(to));
  const auto question = std::make_shared<cluster_question>();
  const adapters::asked_clients own = self->ask_clients(*packet, to, question);
  question->expect_own(own.count());
  std::string problem;
  try {
    awaited_servers others = co_await other_servers(self, until);
    question->expect(std::move(others));
  } catch (const error& e) {
    problem = e.detail();
  }
  if (!problem.empty()) question->failed(std::move(problem));
  cluster_message what = self->event_message(packet, std::move(to));
  co_await ask(self, std::move(what), question, until);
  auto got = question->take_acknowledgements();
  co_return answers(std::move(got.value), !got.missing);
}

// ---------------------------------------------------------------- requests

class cluster_adapter::asking {
 public:
  asking(self_ptr self, std::string id, const question_ptr& question) : self_(std::move(self)), id_(std::move(id)) {
    self_->expect(id_, question);
  }
  asking(const asking&) = delete;
  asking& operator=(const asking&) = delete;
  ~asking() { self_->stop_expecting(id_); }
  const std::string& id() const noexcept { return id_; }

 private:
  const self_ptr self_;
  const std::string id_;
};

void cluster_adapter::expect(const std::string& request_id, const question_ptr& question) {
  const base::lock_guard lock(state_mutex_);
  if (questions_.size() >= max_questions)
    throw error(errc::limit_reached, "too many requests wait for other servers: " + std::to_string(max_questions));
  questions_.insert_or_assign(request_id, question);
}

void cluster_adapter::stop_expecting(const std::string& request_id) {
  const base::lock_guard lock(state_mutex_);
  if (const auto found = questions_.find(request_id); found != questions_.end()) questions_.erase(found);
}

std::vector<cluster_adapter::question_ptr> cluster_adapter::questions() const {
  std::vector<question_ptr> out;
  const base::lock_guard lock(state_mutex_);
  for (const auto& entry : questions_) out.push_back(entry.second);
  return out;
}

task<awaited_servers> cluster_adapter::other_servers(self_ptr self, async::time_point until) {
  if (self->beats_) co_return awaited_servers(self->peers());
  const auto left = std::chrono::ceil<milliseconds>(until - self->host().timers().now());
  const std::size_t servers = co_await count_servers(self, left);
  co_return awaited_servers(servers > 0 ? servers - 1 : 0);
}

task<std::size_t> cluster_adapter::count_servers(self_ptr self, milliseconds within) {
  const std::optional<std::size_t> counted = co_await self->wire_->server_count(self->nsp_, within);
  co_return counted.value_or(1);
}

std::vector<std::string> cluster_adapter::peers() const {
  const base::lock_guard lock(state_mutex_);
  return peers_.names();
}

// Publishes a request and waits for its answers. Nothing is published that nobody would answer.
task<> cluster_adapter::ask(self_ptr self, cluster_message what, question_ptr question, async::time_point until) {
  const asking one(self, new_id(), question);
  what.request_id = one.id();
  const bool wants_clients = what.type == message_type::broadcast;
  if (wants_clients || question->waits_for_servers()) self->begin(publish_request(self, std::move(what), question));
  co_await cluster_question::wait(question, self->host().timers(), until);
}

task<> cluster_adapter::ask_other_servers(self_ptr self, cluster_message what, question_ptr question,
                                          milliseconds timeout) {
  const auto until = self->host().timers().after(timeout);
  awaited_servers others = co_await other_servers(self, until);
  question->expect(std::move(others));
  co_await ask(self, std::move(what), question, until);
  const std::string problem = question->problem();
  if (!problem.empty()) throw error(errc::disconnected, "the other servers could not be asked: " + problem);
}

task<partial<std::vector<socket_descriptor>>> cluster_adapter::fetch_sockets(target to) {
  if (!reaches_others(to)) return local_adapter::fetch_sockets(std::move(to));
  const milliseconds timeout = time_of(to);
  return fetch_everywhere(shared_from_this(), std::move(to), timeout);
}

task<partial<std::vector<socket_descriptor>>> cluster_adapter::fetch_everywhere(self_ptr self, target to,
                                                                                milliseconds timeout) {
  const auto question = std::make_shared<cluster_question>();
  cluster_message what = self->message(message_type::fetch_sockets);
  what.to = to;
  co_await ask_other_servers(self, std::move(what), question, timeout);
  auto got = question->take_sockets();
  std::vector<socket_descriptor> all = self->describe(to);
  std::move(got.value.begin(), got.value.end(), std::back_inserter(all));
  co_return partial<std::vector<socket_descriptor>>(std::move(all), std::move(got.missing));
}

task<partial<std::vector<std::string>>> cluster_adapter::sockets(target to) {
  if (!reaches_others(to)) return local_adapter::sockets(std::move(to));
  return ids_everywhere(shared_from_this(), std::move(to));
}

task<partial<std::vector<std::string>>> cluster_adapter::ids_everywhere(self_ptr self, target to) {
  const milliseconds timeout = self->time_of(to);
  auto got = co_await fetch_everywhere(self, std::move(to), timeout);
  std::vector<std::string> ids;
  ids.reserve(got.value.size());
  for (socket_descriptor& one : got.value) ids.push_back(std::move(one.id));
  co_return partial<std::vector<std::string>>(std::move(ids), std::move(got.missing));
}

task<partial<std::vector<std::string>>> cluster_adapter::all_rooms() { return rooms_everywhere(shared_from_this()); }

// Servers of Node know no message for this: the rooms of all sockets are all rooms.
task<partial<std::vector<std::string>>> cluster_adapter::rooms_everywhere(self_ptr self) {
  const auto question = std::make_shared<cluster_question>();
  cluster_message what = self->message(message_type::fetch_sockets);
  co_await ask_other_servers(self, std::move(what), question, self->settings_->requests_timeout);
  auto got = question->take_sockets();
  std::vector<std::string> all = self->room_names();
  for (socket_descriptor& one : got.value) std::move(one.rooms.begin(), one.rooms.end(), std::back_inserter(all));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  co_return partial<std::vector<std::string>>(std::move(all), std::move(got.missing));
}

// ---------------------------------------------------------------- other servers

task<> cluster_adapter::server_side_emit(event_data event) {
  cluster_message what = message(message_type::server_side_emit);
  what.event = std::move(event);
  return emit_to_servers(shared_from_this(), std::move(what));
}

task<> cluster_adapter::emit_to_servers(self_ptr self, cluster_message what) {
  const publication how = co_await publish(self, std::move(what));
  if (!how.ok) throw error(errc::disconnected, "the other servers cannot be reached: " + how.problem);
}

task<answers> cluster_adapter::server_side_emit_with_ack(event_data event, std::optional<milliseconds> timeout) {
  return ask_servers(shared_from_this(), std::move(event), timeout.value_or(settings_->requests_timeout));
}

task<answers> cluster_adapter::ask_servers(self_ptr self, event_data event, milliseconds timeout) {
  const auto question = std::make_shared<cluster_question>();
  cluster_message what = self->message(message_type::server_side_emit);
  what.event = std::move(event);
  co_await ask_other_servers(self, std::move(what), question, timeout);
  auto got = question->take_answers();
  co_return answers(std::move(got.value), got.missing);
}

task<std::size_t> cluster_adapter::server_count() {
  if (beats_) return known_servers(shared_from_this());
  return count_servers(shared_from_this(), settings_->requests_timeout);
}

task<std::size_t> cluster_adapter::known_servers(self_ptr self) { co_return 1 + self->peers().size(); }

}  // namespace cosio::inline v0_2::cluster
