// A request to the other servers of a cluster.

#include "cluster/cluster_question.hpp"

#include <algorithm>
#include <iterator>

#include "async/wait_until.hpp"
#include "cluster/message_parts.hpp"
#include "wire/json_memory.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// The limits of what other servers may make this one keep for one request.
constexpr std::size_t max_values = 1'000'000;

std::size_t bytes_of(const event_data& event) {
  std::size_t sum = event.json().size();
  for (const binary& one : event.attachments()) sum += one.size();
  return sum;
}

std::size_t bytes_of(const cluster_message& answer) {
  std::size_t sum = bytes_of(answer.event);
  for (const socket_descriptor& one : answer.sockets) {
    sum += wire::json_memory(one.handshake) + wire::json_memory(one.data);
    for (const std::string& room : one.rooms) sum += room.size();
  }
  return sum;
}

}  // namespace

void cluster_question::expect(awaited_servers servers) {
  const base::lock_guard lock(mutex_);
  servers_ = std::move(servers);
}

bool cluster_question::waits_for_servers() const {
  const base::lock_guard lock(mutex_);
  return !servers_.is_over();
}

void cluster_question::received(cluster_message&& answer) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    take(std::move(answer));
    wake = if_over();
  }
  if (wake) wake->end();
}

bool cluster_question::has_room(std::size_t values, std::size_t bytes) {
  return values_.size() + sockets_.size() + early_ + values <= max_values && room_.take(bytes);
}

void cluster_question::take(cluster_message&& answer) {
  switch (answer.type) {
    case message_type::fetch_sockets_response:
    case message_type::server_side_emit_response:
      return take_answer(std::move(answer));
    case message_type::broadcast_client_count:
      if (servers_.answered(answer.uid)) take_count(clients_of_[answer.uid], answer.client_count);
      return;
    case message_type::broadcast_ack:
      return take_acknowledgement(std::move(answer));
    default:
      return;
  }
}

// An answer for which there is no room is missing, with the name of its server.
void cluster_question::take_answer(cluster_message&& answer) {
  if (!has_room(std::max<std::size_t>(answer.sockets.size(), 1), bytes_of(answer))) return;
  if (!servers_.answered(answer.uid)) return;
  if (answer.type == message_type::server_side_emit_response) {
    values_.push_back(values_of(answer.event));
  } else {
    std::move(answer.sockets.begin(), answer.sockets.end(), std::back_inserter(sockets_));
  }
}

// A server cannot give more acknowledgements than it has asked clients. Messages of Node over PostgreSQL travel by
// several connections: an acknowledgement may come before that number, and waits for it.
void cluster_question::take_count(asked_server& from, std::uint64_t clients) {
  from.is_counted = true;
  from.clients = clients;
  expected_ += clients;
  early_ -= from.early.size();
  for (arguments& one : from.early) {
    if (from.answered == clients) break;
    ++from.answered;
    ++ended_;
    values_.push_back(std::move(one));
  }
  from.early.clear();
}

void cluster_question::take_acknowledgement(cluster_message&& answer) {
  const auto known = clients_of_.find(answer.uid);
  const bool is_counted = known != clients_of_.end() && known->second.is_counted;
  if (is_counted && known->second.answered >= known->second.clients) return;
  if (!has_room(1, bytes_of(answer.event) + answer.uid.size())) return;
  arguments value = values_of(answer.event);
  if (!is_counted) {
    ++early_;
    clients_of_[answer.uid].early.push_back(std::move(value));
    return;
  }
  ++known->second.answered;
  ++ended_;
  values_.push_back(std::move(value));
}

void cluster_question::server_left(std::string_view uid) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    servers_.left(uid);
    // Its clients cannot answer any more: they stay missing, and nobody waits for them.
    if (const auto from = clients_of_.find(uid); from != clients_of_.end()) {
      ended_ += from->second.clients - from->second.answered;
      from->second.clients = from->second.answered;
    }
    wake = if_over();
  }
  if (wake) wake->end();
}

void cluster_question::failed(std::string problem) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    problem_ = problem.empty() ? "the message could not be published" : std::move(problem);
    wake = if_over();
  }
  if (wake) wake->end();
}

void cluster_question::expect_own(std::size_t clients) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    expected_ += clients;
    wake = if_over();
  }
  if (wake) wake->end();
}

void cluster_question::answered(arguments answer) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    values_.push_back(std::move(answer));
    ++ended_;
    wake = if_over();
  }
  if (wake) wake->end();
}

void cluster_question::gone() {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    ++ended_;
    wake = if_over();
  }
  if (wake) wake->end();
}

void cluster_question::suspended(const std::weak_ptr<async::suspension>& waiting) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    waiting_ = waiting;
    wake = if_over();
  }
  if (wake) wake->end();
}

bool cluster_question::is_over() const {
  const base::lock_guard lock(mutex_);
  return all_there();
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<> cluster_question::wait(std::shared_ptr<cluster_question> self, async::deadlines& timers,
                              async::time_point until) {
  if (self->is_over()) co_return;
  auto started = [self](const std::weak_ptr<async::suspension>& waiting) { self->suspended(waiting); };
  co_await async::wait_until(timers, until, std::move(started));
}

std::string cluster_question::problem() const {
  const base::lock_guard lock(mutex_);
  return problem_;
}

partial<std::vector<arguments>> cluster_question::take_answers() {
  const base::lock_guard lock(mutex_);
  return partial(std::exchange(values_, {}), servers_.missing());
}

partial<std::vector<socket_descriptor>> cluster_question::take_sockets() {
  const base::lock_guard lock(mutex_);
  return partial(std::exchange(sockets_, {}), servers_.missing());
}

// Of a server that has not said how many answers come from it, one is missing at least.
partial<std::vector<arguments>> cluster_question::take_acknowledgements() {
  const base::lock_guard lock(mutex_);
  const std::size_t received = values_.size();
  const std::size_t expected = std::max<std::size_t>(expected_, received) + servers_.silent();
  return partial(std::exchange(values_, {}), shortfall(expected, received, servers_.names()));
}

}  // namespace cosio::inline v0_2::cluster
