// The broadcasts that this server has read of a stream.

#include "cluster/streams_index.hpp"

#include <algorithm>
#include <utility>

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t entry_overhead = 512;  // estimated bytes of an entry and its message, without their texts

}  // namespace

bool can_be_missed(const cluster_message& message) noexcept {
  return message.type == message_type::broadcast && message.request_id.empty() && !message.to.flags.is_volatile;
}

bool session_rooms::is_in_any(const std::vector<std::string>& rooms) const {
  return std::ranges::any_of(rooms, [this](const std::string& room) { return rooms_.contains(room); });
}

bool session_rooms::are_in(const target& to) const {
  // An event for one socket names the room of its id, which the socket may have left.
  const bool is_own = to.rooms.size() == 1 && to.rooms.front() == id_;
  return (to.everybody || is_own || is_in_any(to.rooms)) && !is_in_any(to.except);
}

void streams_index::begin(stream_id at) {
  begun_ = true;
  start_ = at;
  entries_.clear();
  bytes_ = 0;
}

void streams_index::add(stream_id at, std::shared_ptr<const cluster_message> message, std::size_t bytes) {
  if (!begun_) return;
  bytes += entry_overhead;
  entries_.push_back({at, std::move(message), bytes});
  bytes_ += bytes;
  trim();
}

void streams_index::trim() {
  const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(limits_.max_age.count(), 0));
  const std::uint64_t newest = entries_.back().id.ms;
  const auto is_too_much = [&] {
    return entries_.size() > limits_.max_entries || bytes_ > limits_.max_bytes ||
           newest - std::min(newest, entries_.front().id.ms) > age;
  };
  while (!entries_.empty() && is_too_much()) {
    start_ = entries_.front().id;
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }
}

bool streams_index::knows(stream_id id) const noexcept {
  const auto found = std::ranges::lower_bound(entries_, id, {}, &entry::id);
  return found != entries_.end() && found->id == id;
}

bool streams_index::missed(std::string_view nsp, const session_rooms& rooms, stream_id after, std::size_t max_bytes,
                           std::vector<kept_session::missed>& into) const {
  std::size_t taken = 0;
  for (auto e = std::ranges::upper_bound(entries_, after, {}, &entry::id); e != entries_.end(); ++e) {
    if (e->message->nsp != nsp || !rooms.are_in(e->message->to)) continue;
    taken += e->bytes;
    if (taken > max_bytes) return false;
    into.push_back({*e->message, e->id.text()});
  }
  return true;
}

}  // namespace cosio::inline v0_2::cluster
