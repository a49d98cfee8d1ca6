// Sessions that come back from the store of a wire.

#include "cluster/cluster_returns.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t max_returning = 10'000;
constexpr std::size_t max_events = 20'000;
constexpr std::size_t max_returned_bytes = 32'000'000;
constexpr std::size_t max_held_bytes = 256'000'000;
// Little, and the room that it has in addition: a client that missed little does not wait for those that missed much.
constexpr std::size_t little_bytes = 1'000'000;
constexpr std::size_t room_for_little = 64'000'000;
// A client that takes nothing for so long makes room for others, when they wait for it.
constexpr std::chrono::seconds longest_idle{5};
constexpr std::size_t returned_overhead = 512;
constexpr std::uint64_t expiry_interval = 64;  // events between two looks at sessions that were given up

std::size_t bytes_of_missed(const kept_session::missed& one) {
  std::size_t bytes = returned_overhead + one.message.event.json().size();
  for (const binary& attachment : one.message.event.attachments()) bytes += attachment.size();
  return bytes;
}

std::size_t bytes_of_all_missed(const std::vector<kept_session::missed>& events) {
  std::size_t bytes = 0;
  for (const auto& one : events) bytes += bytes_of_missed(one);
  return bytes;
}

std::size_t most_held_with(std::size_t bytes) noexcept {
  return bytes <= little_bytes ? max_held_bytes + room_for_little : max_held_bytes;
}

}  // namespace

cluster_returns::session_ptr cluster_returns::begin(const std::string& pid, time_point now, time_point until) {
  expire(now);
  if (sessions_.size() >= max_returning) return nullptr;
  end(pid);
  auto made = std::make_shared<session>();
  made->next = next_number();
  made->until = until;
  soonest_ = std::min(soonest_, until);
  sessions_.insert_or_assign(pid, made);
  return made;
}

cluster_returns::session_ptr cluster_returns::find(std::string_view pid) const {
  const auto found = sessions_.find(pid);
  return found == sessions_.end() ? nullptr : found->second;
}

bool cluster_returns::has_room(const std::vector<kept_session::missed>& events, time_point now) {
  expire(now);
  const std::size_t bytes = bytes_of_all_missed(events);
  while (held_bytes_ + bytes > most_held_with(bytes))
    if (!end_idle(now)) return false;
  return true;
}

// The one that has taken nothing for the longest time.
bool cluster_returns::end_idle(time_point now) {
  auto found = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (at->second->events.empty() || now - at->second->moved < longest_idle) continue;
    if (found == sessions_.end() || at->second->moved < found->second->moved) found = at;
  }
  if (found == sessions_.end()) return false;
  erase(found);
  return true;
}

bool cluster_returns::hold(std::string_view pid, const session_ptr& of, std::string id,
                           std::vector<kept_session::missed> events, std::string upto, time_point now) {
  if (!of || find(pid) != of) return false;
  pids_.insert_or_assign(id, std::string(pid));
  of->id = std::move(id);
  of->bytes = bytes_of_all_missed(events);
  held_bytes_ += of->bytes;
  of->events.assign(std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  of->upto = std::move(upto);
  of->moved = now;
  return held_bytes_ <= most_held_with(of->bytes);
}

std::optional<kept_session::missed> cluster_returns::next_missed(std::string_view pid, const session_ptr& of,
                                                                 time_point now) {
  std::optional<kept_session::missed> out;
  if (find(pid) != of || of->events.empty()) return out;
  const std::size_t bytes = bytes_of_missed(of->events.front());
  out = std::move(of->events.front());
  of->events.pop_front();
  of->bytes -= bytes;
  held_bytes_ -= bytes;
  of->moved = now;
  return out;
}

// The events go at once: a coroutine that sends them may have the session still.
cluster_returns::session_map::iterator cluster_returns::erase(session_map::iterator which) {
  held_bytes_ -= which->second->bytes;
  which->second->events.clear();
  const auto known = pids_.find(which->second->id);
  if (known != pids_.end() && known->second == which->first) pids_.erase(known);
  return sessions_.erase(which);
}

void cluster_returns::forget_events() {
  first_ = next_number();
  events_.clear();
  dropped_.clear();
  bytes_ = 0;
}

void cluster_returns::end(std::string_view pid) {
  if (const auto found = sessions_.find(pid); found != sessions_.end()) erase(found);
  if (sessions_.empty()) forget_events();
}

void cluster_returns::end(std::string_view pid, const session_ptr& of) {
  if (of && find(pid) == of) end(pid);
}

void cluster_returns::end_of_socket(std::string_view id) {
  const auto known = pids_.find(id);
  if (known == pids_.end()) return;
  const std::string pid = known->second;
  end(pid);
}

void cluster_returns::end_all() {
  for (const auto& [pid, of] : sessions_) of->events.clear();
  sessions_.clear();
  pids_.clear();
  held_bytes_ = 0;
  forget_events();
}

void cluster_returns::add(live_event event, time_point now) {
  bytes_ += event.bytes;
  events_.push_back(std::move(event));
  while (events_.size() > max_events || bytes_ > max_returned_bytes) {
    bytes_ -= events_.front().bytes;
    dropped_ = std::move(events_.front().offset);
    events_.pop_front();
    ++first_;
  }
  if (next_number() % expiry_interval == 0) expire(now);
}

void cluster_returns::expire(time_point now) {
  if (now <= soonest_) return;
  soonest_ = time_point::max();
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (at->second->until < now) {
      at = erase(at);
    } else {
      soonest_ = std::min(soonest_, at->second->until);
      ++at;
    }
  }
  if (sessions_.empty()) forget_events();
}

std::vector<live_event> cluster_returns::events_from(std::uint64_t number) const {
  const auto at = static_cast<std::ptrdiff_t>(std::max(number, first_) - first_);
  return std::vector<live_event>(events_.begin() + at, events_.end());
}

}  // namespace cosio::inline v0_2::cluster
