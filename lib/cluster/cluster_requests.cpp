// The adapter of a namespace whose servers exchange messages over a wire: requests to the other servers, and what comes
// of them.

#include <cosio/error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cluster/cluster_adapter.hpp"
#include "cluster/cluster_messages.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t max_questions = 10'000;

}  // namespace

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
  const std::string problem = question->problem();
  if (!problem.empty()) throw error(errc::disconnected, "the other servers cannot be asked: " + problem);
}

task<> cluster_adapter::ask_other_servers(self_ptr self, cluster_message what, question_ptr question,
                                          milliseconds timeout) {
  check_message(what);
  const auto until = self->host().timers().after(timeout);
  awaited_servers others = co_await other_servers(self, until);
  question->expect(std::move(others));
  co_await ask(self, std::move(what), question, until);
}

// ---------------------------------------------------------------- clients and sockets of all servers

task<answers> cluster_adapter::broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast_with_ack(std::move(packet), std::move(to));
  return ask_clients_everywhere(shared_from_this(), std::move(packet), std::move(to));
}

task<answers> cluster_adapter::ask_clients_everywhere(self_ptr self, std::shared_ptr<const outgoing_packet> packet,
                                                      target to) {
  const auto until = self->host().timers().after(self->time_of(to));
  const auto question = std::make_shared<cluster_question>(self->answers_);
  cluster_message what = self->event_message(packet, to);
  check_message(what);
  awaited_servers others = co_await other_servers(self, until);
  question->expect(std::move(others));
  const adapters::asked_clients own = self->ask_clients(*packet, to, question);
  question->expect_own(own.count());
  co_await ask(self, std::move(what), question, until);
  auto got = question->take_acknowledgements();
  co_return answers(std::move(got.value), !got.missing);
}

task<partial<std::vector<socket_descriptor>>> cluster_adapter::fetch_sockets(target to) {
  if (!reaches_others(to)) return local_adapter::fetch_sockets(std::move(to));
  const milliseconds timeout = time_of(to);
  return fetch_everywhere(shared_from_this(), std::move(to), timeout);
}

task<partial<std::vector<socket_descriptor>>> cluster_adapter::fetch_everywhere(self_ptr self, target to,
                                                                                milliseconds timeout) {
  const auto question = std::make_shared<cluster_question>(self->answers_);
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
  const auto question = std::make_shared<cluster_question>(self->answers_);
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
  const auto question = std::make_shared<cluster_question>(self->answers_);
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
