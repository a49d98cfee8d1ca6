// The adapter of a namespace whose servers exchange messages over a wire: messages of other servers, and heartbeats.

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "base/logger.hpp"
#include "cluster/cluster_adapter.hpp"
#include "cluster/message_parts.hpp"
#include "cluster/redis_fields.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

// Emitters publish under this id. They are no servers.
constexpr std::string_view emitter_id = "emitter";
// How often silent servers are looked for, at most.
constexpr milliseconds peer_check{1'000};

// The first value of an answer: more do not travel.
event_data first_of(const arguments& answer) {
  if (answer.empty()) return event_data("[]", {});
  arguments one;
  one.append(answer, 0);
  return event_data(serialized(json::value(one.values())), one.attachments());
}

// Sends the answer of this server's handlers of a server-side event back, once. Any thread.
class cluster_answer final : public ack::sender {
 public:
  explicit cluster_answer(std::function<void(event_data)> forward) : forward_(std::move(forward)) {}

  task<> send(event_data answer) override {
    if (!is_sent_.exchange(true)) forward_(first_of(values_of(answer)));
    return async::nothing();
  }

 private:
  const std::function<void(event_data)> forward_;
  std::atomic<bool> is_sent_{false};
};

}  // namespace

// A wire that is shared by namespaces has brought the message to the right adapter. It is checked all the same: a
// server counts as seen in its own namespace only.
void cluster_adapter::on_message(cluster_message&& message, std::string_view offset) {
  if (message.nsp != nsp_) return;
  const bool is_event = message.type == message_type::broadcast && message.request_id.empty();
  if (message.uid == uid_ && !(keeps_ && is_event)) return;
  if (beats_ && message.uid != uid_ && message.uid != emitter_id && message.type != message_type::adapter_close)
    seen(message.uid);
  switch (message.type) {
    case message_type::initial_heartbeat:
      return begin(publish_quietly(shared_from_this(), this->message(message_type::heartbeat)));
    case message_type::heartbeat:
      return;
    case message_type::broadcast:
      return is_event ? on_broadcast(std::move(message), offset) : on_asked_broadcast(std::move(message));
    case message_type::sockets_join:
      return join_all(message.to, message.rooms);
    case message_type::sockets_leave:
      return leave_all(message.to, message.rooms);
    case message_type::disconnect_sockets:
      return begin(disconnect_here(shared_from_this(), std::move(message.to), message.close));
    case message_type::fetch_sockets:
      return on_fetch(message);
    case message_type::server_side_emit:
      return on_server_side_emit(std::move(message));
    case message_type::fetch_sockets_response:
    case message_type::server_side_emit_response:
    case message_type::broadcast_client_count:
    case message_type::broadcast_ack:
      return on_answer(std::move(message));
    case message_type::adapter_close:
      return on_goodbye(message.uid);
  }
}

// ---------------------------------------------------------------- events

std::shared_ptr<const outgoing_packet> cluster_adapter::encoded(cluster_message& message,
                                                                std::optional<std::uint64_t> ack_id) const {
  if (message.packet && message.uid == uid_) return message.packet;
  auto name = name_of_event(read_back(message.event));
  return host().encode(std::move(name).value_or(std::string()), std::move(message.event), ack_id, message.to.flags);
}

// An event for nobody here is not encoded.
void cluster_adapter::on_broadcast(cluster_message&& message, std::string_view offset) {
  if (keeps_) return on_event_of_stream(std::move(message), offset);
  if (!concerns_anybody(message.to)) return;
  deliver(*encoded(message, std::nullopt), message.to);
}

bool cluster_adapter::concerns_anybody(const target& to) const {
  return to.everybody ||
         std::any_of(to.rooms.begin(), to.rooms.end(), [this](const std::string& room) { return has_members(room); });
}

void cluster_adapter::on_asked_broadcast(cluster_message&& message) {
  message.packet = nullptr;
  auto packet = encoded(message, host().next_ack_id());
  auto work = answer_asked(shared_from_this(), weak_host_.lock(), std::move(packet), std::move(message));
  if (!answering_.start(strand_, "cluster", std::move(work)))
    base::log(log_level::warn, "cluster", "more questions of other servers than can be answered at once");
}

// Sends the number of clients that were asked, and the answers of each of them. It ends when all have come, or when the
// time is over, or for later questions when there are too many.
task<> cluster_adapter::answer_asked(self_ptr self, std::shared_ptr<adapter_host> keep,
                                     std::shared_ptr<const outgoing_packet> packet, cluster_message asked) {
  if (!keep) co_return;
  cluster_message one = self->message(message_type::broadcast_ack);
  one.request_id = asked.request_id;
  // Answers are sent behind the number, which is begun on the same strand.
  auto forward = [self, one, uid = asked.uid](arguments answer) {
    cluster_message filled = one;
    filled.event = first_of(answer);
    self->begin(send_answer(self, uid, std::move(filled)));
  };
  const auto timeout = std::min(self->time_of(asked.to), longest_question);
  async::deadlines& timers = keep->timers();
  const auto until = timers.after(timeout);
  const auto question = std::make_shared<asked_question>(std::move(forward));
  const adapters::asked_clients clients = self->ask_clients(*packet, asked.to, question);
  const auto place = self->asked_->add(asked.uid, question);
  cluster_message count = self->message(message_type::broadcast_client_count);
  count.request_id = asked.request_id;
  count.client_count = clients.count();
  keep = nullptr;
  packet = nullptr;
  asked.event = event_data();
  co_await send_answer(self, asked.uid, std::move(count));
  if (clients.count() != 0) co_await asked_question::wait(question, clients.count(), timers, until);
}

task<> cluster_adapter::send_answer(self_ptr self, std::string requester, cluster_message answer) {
  const message_type type = answer.type;
  const publication how = co_await self->wire_->answer(std::move(requester), std::move(answer));
  self->published(type, how);
}

// ---------------------------------------------------------------- requests of other servers

void cluster_adapter::on_fetch(const cluster_message& message) {
  cluster_message answer = this->message(message_type::fetch_sockets_response);
  answer.request_id = message.request_id;
  answer.sockets = describe(message.to);
  begin(send_answer(shared_from_this(), message.uid, std::move(answer)));
}

void cluster_adapter::on_server_side_emit(cluster_message&& message) {
  ack answer;
  if (!message.request_id.empty()) {
    cluster_message one = this->message(message_type::server_side_emit_response);
    one.request_id = message.request_id;
    auto forward = [weak = weak_from_this(), one, uid = message.uid](event_data values) {
      const auto self = weak.lock();
      if (!self) return;
      cluster_message filled = one;
      filled.event = std::move(values);
      self->begin(send_answer(self, uid, std::move(filled)));
    };
    answer = ack(std::make_shared<cluster_answer>(std::move(forward)));
  }
  host().server_side_event(values_of(message.event), std::move(answer));
}

void cluster_adapter::on_answer(cluster_message&& message) {
  question_ptr to;
  {
    const base::lock_guard lock(state_mutex_);
    if (const auto found = questions_.find(message.request_id); found != questions_.end()) to = found->second;
  }
  if (to) to->received(std::move(message));
}

task<> cluster_adapter::disconnect_here(self_ptr self, target to, bool close) {
  auto work = self->local_adapter::disconnect_sockets(std::move(to), close);
  co_await std::move(work);
}

// ---------------------------------------------------------------- heartbeats

void cluster_adapter::seen(const std::string& uid) {
  const auto now = host().timers().now();
  {
    const base::lock_guard lock(state_mutex_);
    if (!peers_.seen(uid, now)) return;
  }
  cluster_event what(cluster_event::kind::server_joined, nsp_);
  what.server = uid;
  tell(what);
}

void cluster_adapter::on_goodbye(const std::string& uid) {
  bool was_known = false;
  {
    const base::lock_guard lock(state_mutex_);
    was_known = peers_.remove(uid);
  }
  if (was_known) left(uid);
}

void cluster_adapter::left(const std::string& uid) {
  for (const question_ptr& question : questions()) question->server_left(uid);
  cluster_event what(cluster_event::kind::server_left, nsp_);
  what.server = uid;
  tell(what);
}

void cluster_adapter::arm() {
  {
    const base::lock_guard lock(state_mutex_);
    if (!is_open_) return;
  }
  host().timers().arm_after(*this, std::min(peer_check, settings_->heartbeat_interval));
}

// The namespace may have gone meanwhile.
void cluster_adapter::on_deadline() {
  auto keep = weak_host_.lock();
  if (keep) begin(beat(shared_from_this(), std::move(keep)));
}

task<> cluster_adapter::beat(self_ptr self, std::shared_ptr<adapter_host> keep) {
  const auto now = keep->timers().now();
  std::vector<std::string> gone;
  bool is_due = false;
  {
    const base::lock_guard lock(self->state_mutex_);
    if (!self->is_open_) co_return;
    gone = self->peers_.expire(now, self->settings_->heartbeat_timeout);
    is_due = now >= self->next_beat_;
    if (is_due) self->next_beat_ = keep->timers().after(self->settings_->heartbeat_interval);
  }
  self->arm();
  for (const std::string& uid : gone) self->left(uid);
  if (!is_due) co_return;
  keep = nullptr;
  cluster_message heartbeat = self->message(message_type::heartbeat);
  co_await publish(self, std::move(heartbeat));
}

}  // namespace cosio::inline v0_2::cluster
