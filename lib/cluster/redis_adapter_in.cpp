// The adapter of a namespace whose servers share Redis: incoming messages.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "async/spawn.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "cluster/redis_adapter.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;

json::object response_to(const std::string& request_id) {
  json::object response;
  response["requestId"] = request_id;
  return response;
}

// Sends the answer of this server's handlers of a server-side event back, once. Any thread.
class server_side_answer final : public ack::sender {
 public:
  explicit server_side_answer(std::function<void(std::string)> publish, std::string request_id)
      : publish_(std::move(publish)), request_id_(std::move(request_id)) {}

  task<> send(event_data answer) override {
    if (sent_.exchange(true)) return async::nothing();
    json::value values = plain_json(answer);
    json::object response = response_to(request_id_);
    response["type"] = static_cast<std::int64_t>(request_type::server_side_emit);
    response["data"] = values.get_array().empty() ? json::value() : std::move(values.get_array().front());
    publish_(serialized(response));
    return async::nothing();
  }

 private:
  const std::function<void(std::string)> publish_;
  const std::string request_id_;
  std::atomic<bool> sent_{false};
};

}  // namespace

void redis_adapter::on_message(std::string_view channel, std::string_view message) {
  if (channel == request_channel_) return on_request(message);
  if (channel == response_channel_ || channel == own_response_channel_) return on_response(message);
  on_broadcast(channel, message);
}

// A message for one room is ignored without decoding when nobody here is in the room.
void redis_adapter::on_broadcast(std::string_view channel, std::string_view message) {
  if (!channel.starts_with(broadcast_prefix_)) return;
  std::string_view room = channel.substr(broadcast_prefix_.size());
  if (!room.empty()) room.remove_suffix(1);
  if (!room.empty() && !has_members(room)) return;
  auto event = read_broadcast(message);
  if (!event) tell_foreign_message(has_told_foreign_);
  if (!event || event->uid == uid_ || event->nsp != host().name()) return;
  bus_->count_received();
  const auto packet = host().encode(std::move(event->name), std::move(event->data), std::nullopt, event->to.flags);
  deliver(*packet, event->to);
}

void redis_adapter::on_request(std::string_view message) {
  if (!message.starts_with('{')) {
    auto asked = read_broadcast_request(message);
    if (!asked) tell_foreign_message(has_told_foreign_);
    if (!asked || asked->uid == uid_ || asked->nsp != host().name()) return;
    bus_->count_received();
    auto packet = host().encode(std::move(asked->name), std::move(asked->data), host().next_ack_id(), asked->to.flags);
    auto work = answer_asked(shared_from_this(), std::move(packet), std::move(asked->to), std::move(asked->request_id),
                             std::move(asked->uid));
    if (!answering_.start(host().executor(), "cluster", std::move(work)))
      base::log(log_level::warn, "cluster", "more questions of other servers than can be answered at once");
    return;
  }
  const auto request = read_json_message(message);
  if (!request) return;
  const auto type = type_of(*request);
  const auto uid = text_of(*request, "uid");
  const auto id = text_of(*request, "requestId");
  if (!type || !uid || !id || *uid == uid_) return;
  bus_->count_received();
  on_json_request(*request, *type, *uid, *id);
}

// A request that cannot be read is put aside whole: nothing that is missing means "everybody".
void redis_adapter::on_json_request(const json::object& request, request_type type, const std::string& uid,
                                    const std::string& id) {
  json::object response = response_to(id);
  switch (type) {
    case request_type::sockets: {
      auto rooms = read_names(request.if_contains("rooms"));
      if (!rooms || id.empty()) return;
      target to;
      to.rooms = std::move(*rooms);
      to.everybody = to.rooms.empty();
      response["sockets"] = strings(ids_of(to));
      return respond(uid, serialized(response));
    }
    case request_type::all_rooms:
      if (id.empty()) return;
      response["rooms"] = strings(room_names());
      return respond(uid, serialized(response));
    case request_type::remote_fetch: {
      const auto to = read_opts(request.if_contains("opts"));
      if (!to || id.empty()) return;
      response["sockets"] = write_sockets(describe(*to));
      return respond(uid, serialized(response));
    }
    case request_type::server_side_emit:
      return on_server_side_event(request, id);
    case request_type::remote_join:
    case request_type::remote_leave:
    case request_type::remote_disconnect:
      return on_change_request(request, type, uid, id);
    default:
      return;
  }
}

void redis_adapter::on_server_side_event(const json::object& request, const std::string& id) {
  const json::value* data = request.if_contains("data");
  if (data == nullptr || !data->is_array() || data->get_array().empty() || !data->get_array().front().is_string())
    return;
  ack answer;
  if (!id.empty()) {
    auto publish = [self = shared_from_this()](std::string text) {
      self->bus_->publish(self->response_channel_, std::move(text));
    };
    answer = ack(std::make_shared<server_side_answer>(std::move(publish), id));
  }
  host().server_side_event(arguments(data->get_array()), std::move(answer));
}

void redis_adapter::on_change_request(const json::object& request, request_type type, const std::string& uid,
                                      const std::string& id) {
  auto change = read_change(request, type);
  if (!change) return;
  if (change->is_old) {
    if (rooms_of(change->to.rooms.front()).empty()) return;
    respond(uid, serialized(response_to(id)));
  }
  if (type == request_type::remote_disconnect)
    return async::spawn(host().executor(), "cluster",
                        disconnect_here(shared_from_this(), std::move(change->to), change->close));
  async::spawn(host().executor(), "cluster",
               join_here(shared_from_this(), std::move(change->to), std::move(change->rooms),
                         type == request_type::remote_join));
}

task<> redis_adapter::disconnect_here(self_ptr self, target to, bool close) {
  auto work = self->local_adapter::disconnect_sockets(std::move(to), close);
  co_await std::move(work);
}

task<> redis_adapter::join_here(self_ptr self, target to, std::vector<std::string> rooms, bool join) {
  auto work = join ? self->local_adapter::sockets_join(std::move(to), std::move(rooms))
                   : self->local_adapter::sockets_leave(std::move(to), std::move(rooms));
  co_await std::move(work);
}

// Sends the number of clients that were asked, and then the answer of each of them. It ends when all have come, or when
// the time is over, or for later questions when there are too many.
task<> redis_adapter::answer_asked(self_ptr self, std::shared_ptr<const outgoing_packet> packet, target to,
                                   std::string request_id, std::string uid) {
  auto forward = [self, uid, request_id](const arguments& answer) {
    self->respond(uid, write_broadcast_ack(request_id, answer));
  };
  const auto question = std::make_shared<asked_question>(std::move(forward));
  const adapters::asked_clients asked = self->ask_clients(*packet, to, question);
  const auto place = self->questions_->add(uid, question);
  json::object response = response_to(request_id);
  response["type"] = static_cast<std::int64_t>(request_type::broadcast_client_count);
  response["clientCount"] = static_cast<std::int64_t>(asked.count());
  self->respond(uid, serialized(response));
  if (asked.count() == 0) co_return;
  const auto wanted = to.flags.timeout.value_or(self->settings_->requests_timeout);
  const auto timeout = std::min<std::chrono::milliseconds>(wanted, longest_question);
  async::deadlines& timers = self->host().timers();
  const auto until = timers.after(timeout);
  packet = nullptr;
  co_await asked_question::wait(question, asked.count(), timers, until);
}

void redis_adapter::respond(std::string_view uid, std::string message) {
  const bool specific = settings_->publish_on_specific_response_channel && !uid.empty();
  bus_->publish(specific ? response_channel_ + std::string(uid) + "#" : response_channel_, std::move(message));
}

redis_adapter::response_handler redis_adapter::handler_of(const std::string& request_id, std::size_t bytes) {
  const base::lock_guard lock(pending_mutex_);
  const auto found = pending_.find(request_id);
  return found != pending_.end() && found->second.room->take(bytes) ? found->second.handler : response_handler();
}

std::shared_ptr<adapters::collector> redis_adapter::asker_of(const std::string& request_id, std::size_t bytes) {
  std::shared_ptr<adapters::collector> to;
  bool has_room = false;
  {
    const base::lock_guard lock(pending_mutex_);
    const auto found = pending_.find(request_id);
    if (found == pending_.end() || !found->second.is_asked) return nullptr;
    to = found->second.waiting;
    has_room = found->second.room->take(bytes);
  }
  if (has_room) return to;
  to->gone();
  return nullptr;
}

void redis_adapter::on_response(std::string_view message) {
  if (message.starts_with('{')) {
    const auto response = read_json_message(message);
    if (!response) return;
    const auto id = text_of(*response, "requestId");
    const auto handler = id ? handler_of(*id, message.size()) : response_handler();
    if (!handler) return;
    bus_->count_received();
    handler(*response);
    return;
  }
  auto acknowledged = read_broadcast_ack(message);
  if (!acknowledged) return;
  const auto to = asker_of(acknowledged->first, message.size());
  if (!to) return;
  bus_->count_received();
  to->answered(std::move(acknowledged->second));
}

}  // namespace cosio::inline v0_2::cluster
