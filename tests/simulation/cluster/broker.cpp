// A broker, and the wires of servers to it.

#include "simulation/cluster/broker.hpp"

#include <algorithm>

namespace cosio::simulation {

std::shared_ptr<cluster_broker::wire> cluster_broker::connect() {
  links_.emplace_back();
  links_.back().position = last_;
  return std::make_shared<wire>(*this, links_.size() - 1);
}

void cluster_broker::end(outgoing& one, publication how) {
  *one.result = std::move(how);
  if (one.waiting) one.waiting->end();
}

// The broker takes the first message of a server.
void cluster_broker::take(std::size_t from) {
  const auto one = links_[from].out.front();
  links_[from].out.pop_front();
  if (keeps_ && one->is_event) {
    stream_.push_back({one->text, ++last_});
    history_.push_back(one->text);
    // Servers that can reach the broker are no further behind than what it keeps.
    const auto is_read = [number = stream_.front().number](const link& at) { return !at.up || at.position >= number; };
    if (stream_.size() > max_events_ && std::all_of(links_.begin(), links_.end(), is_read)) stream_.pop_front();
    links_[from].own.emplace(last_, one);
    return;
  }
  for (std::size_t to = 0; to < links_.size(); ++to) {
    link& other = links_[to];
    if (other.up && (one->only.empty() || one->only == other.uid)) other.in[from].push_back(one->text);
  }
  end(*one, publication::taken());
}

// A server gets its next message: of the stream, or of any sender.
void cluster_broker::bring(std::size_t to) {
  link& at = links_[to];
  if (keeps_ && at.position < last_ && dice_.chance(700)) {
    const std::uint64_t first = stream_.front().number;
    const event& next = stream_.at(static_cast<std::size_t>(std::max(at.position + 1, first) - first));
    at.position = next.number;
    at.to->received(*read_message(next.text, "/"), std::to_string(next.number));
    if (dice_.chance(50)) at.to->received(*read_message(next.text, "/"), std::to_string(next.number));
    if (const auto own = at.own.find(at.position); own != at.own.end()) {
      const auto done = own->second;
      at.own.erase(own);
      end(*done, publication::taken(std::to_string(at.position)));
    }
    return;
  }
  std::vector<std::size_t> senders;
  for (const auto& [sender, line] : at.in)
    if (!line.empty()) senders.push_back(sender);
  if (senders.empty()) return;
  auto& line = at.in[senders[dice_.below(senders.size())]];
  const std::string text = std::move(line.front());
  line.pop_front();
  at.to->received(*read_message(text, "/"), {});
}

bool cluster_broker::step() {
  std::vector<std::pair<std::size_t, bool>> ready;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const link& at = links_[i];
    if (!at.up || !at.to) continue;
    if (!at.out.empty()) ready.emplace_back(i, true);
    const bool has_more = std::any_of(at.in.begin(), at.in.end(), [](const auto& e) { return !e.second.empty(); });
    if (has_more || (keeps_ && at.position < last_)) ready.emplace_back(i, false);
  }
  if (ready.empty()) return false;
  const auto [who, out] = ready[dice_.below(ready.size())];
  out ? take(who) : bring(who);
  return true;
}

// Messages that wait to be taken have failed. Of those that were taken the place is known.
void cluster_broker::cut(std::size_t server) {
  link& at = links_[server];
  if (!at.up) return;
  at.up = false;
  at.to->lost();
  for (const auto& one : std::exchange(at.out, {})) {
    failed_.insert(read_message(one->text, "/")->event.json());
    end(*one, publication::failed("the broker is away"));
  }
  for (const auto& [number, one] : std::exchange(at.own, {})) end(*one, publication::taken(std::to_string(number)));
  at.in.clear();
}

bool cluster_broker::heal(std::size_t server) {
  link& at = links_[server];
  if (at.up) return false;
  at.up = true;
  wire_gap gap;
  gap.may_have_lost = true;
  if (keeps_) gap.may_have_lost = at.position + 1 < first();
  at.to->restored(gap);
  if (keeps_ && gap.may_have_lost) at.position = stream_.front().number - 1;
  return gap.may_have_lost;
}

bool cluster_broker::is_up(std::size_t server) const { return links_[server].up; }

// ---------------------------------------------------------------- the wire

task<> cluster_broker::wire::listen(std::string, std::string uid, std::shared_ptr<cluster_receiver> to) {
  on_.links_[number_].uid = std::move(uid);
  on_.links_[number_].to = std::move(to);
  co_return;
}
task<> cluster_broker::wire::stop(std::string, std::string) { co_return; }

task<publication> cluster_broker::wire::publish(cluster_message message) { return send(std::move(message), {}); }
task<publication> cluster_broker::wire::answer(std::string requester, cluster_message message) {
  return send(std::move(message), std::move(requester));
}

task<publication> cluster_broker::wire::send(cluster_message message, std::string only) {
  link& at = on_.links_[number_];
  if (!at.up) {
    on_.failed_.insert(message.event.json());
    co_return publication::failed("the broker is away");
  }
  publication result;
  const auto one = std::make_shared<outgoing>();
  one->text = write_message(message);
  one->is_event = message.type == message_type::broadcast && message.request_id.empty();
  one->only = std::move(only);
  one->result = &result;
  at.out.push_back(one);
  auto hand_out = [one](std::shared_ptr<async::suspension> waiting) { one->waiting = std::move(waiting); };
  co_await async::wait(std::move(hand_out));
  co_return result;
}

task<std::optional<std::size_t>> cluster_broker::wire::server_count(std::string, std::chrono::milliseconds) {
  co_return on_.links_.size();
}

task<> cluster_broker::wire::save_session(std::string, session_record record, std::chrono::milliseconds) {
  if (on_.links_[number_].up) on_.sessions_[record.pid] = record;
  co_return;
}

task<std::optional<kept_session>> cluster_broker::wire::take_session(std::string, std::string pid, std::string offset) {
  const link& at = on_.links_[number_];
  const auto found = on_.sessions_.find(pid);
  if (!at.up || found == on_.sessions_.end()) co_return std::nullopt;
  kept_session out;
  out.record = found->second;
  on_.sessions_.erase(found);
  const std::string from = offset.empty() || is_earlier(offset, out.record.since) ? out.record.since : offset;
  const std::uint64_t first = on_.first();
  if (is_earlier(from, std::to_string(first - 1))) co_return std::nullopt;
  out.upto = is_earlier(std::to_string(at.position), from) ? from : std::to_string(at.position);
  for (const event& e : on_.stream_)
    if (is_earlier(from, std::to_string(e.number)) && !is_earlier(out.upto, std::to_string(e.number)))
      out.events.push_back({*read_message(e.text, "/"), std::to_string(e.number)});
  co_return out;
}

std::string cluster_broker::wire::last_offset(std::string_view) const {
  return std::to_string(on_.links_[number_].position);
}

}  // namespace cosio::simulation
