// Recent packets, and the sessions that may come back.

#include "adapter/recovery_log.hpp"

#include <algorithm>
#include <utility>

namespace cosio::adapters {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
constexpr std::size_t entry_overhead = 256;  // estimated bytes of an entry and its packet, without their texts

void append_base64(std::string& out, std::uint64_t value) {
  const std::size_t at = out.size();
  do {
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), digits[value % 64]);
    value /= 64;
  } while (value != 0);
}

std::optional<std::uint64_t> parse_base64(std::string_view text) noexcept {
  if (text.empty() || text.size() > 10 || (text.size() > 1 && text.front() == '0')) return std::nullopt;  // 60 bits
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 64 + digit;
  }
  return value;
}

bool meet(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  return std::any_of(some.begin(), some.end(), [&](const std::string& room) {
    return std::find(others.begin(), others.end(), room) != others.end();
  });
}

}  // namespace

std::string stream_position::text() const {
  std::string out;
  append_base64(out, static_cast<std::uint64_t>(ms_));
  if (number_ > 0) {
    out += '.';
    append_base64(out, number_ - 1);
  }
  return out;
}

std::optional<stream_position> stream_position::parse(std::string_view text) noexcept {
  const auto dot = text.find('.');
  const auto ms = parse_base64(text.substr(0, dot));
  if (!ms) return std::nullopt;
  if (dot == std::string_view::npos) return stream_position(static_cast<std::int64_t>(*ms));
  const auto number = parse_base64(text.substr(dot + 1));
  if (!number) return std::nullopt;
  return stream_position(static_cast<std::int64_t>(*ms), *number + 1);
}

bool recovery_log::entry::concerns(const std::vector<std::string>& session_rooms) const {
  return (everybody || meet(rooms, session_rooms)) && !meet(except, session_rooms);
}

// ---------------------------------------------------------------- packets

void recovery_log::append(stream_position at, std::shared_ptr<const outgoing_packet> packet, const target& to,
                          time_point now) {
  std::size_t bytes = entry_overhead + packet->data().json().size();
  for (const binary& attachment : packet->data().attachments()) bytes += attachment.size();
  for (const std::string& room : to.rooms) bytes += room.size();
  for (const std::string& room : to.except) bytes += room.size();
  entries_.push_back({at, std::move(packet), to.rooms, to.except, to.everybody, bytes, now});
  bytes_ += bytes;
  trim(now);
  while (!entries_.empty() && (bytes_ > limits_.max_bytes || entries_.size() > limits_.max_packets)) {
    dropped_early_ = entries_.front().at;
    remove_first_entry();
  }
}

void recovery_log::remove_first_entry() {
  bytes_ -= entries_.front().bytes;
  entries_.pop_front();
}

// Whether the position is that of a kept event, or is older than all kept events.
bool recovery_log::is_place(stream_position at) const {
  if (at < start_ || at > last_) return false;
  if (entries_.empty() || at < entries_.front().at) return true;
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), at,
                                      [](const entry& e, stream_position p) { return e.at < p; });
  return found != entries_.end() && found->at == at;
}

// ---------------------------------------------------------------- sessions

void recovery_log::keep(session_record record, time_point now) {
  trim(now);
  std::string pid = record.pid;
  by_time_.emplace_back(now, pid);
  sessions_.insert_or_assign(std::move(pid), kept_session{std::move(record), now});
  while (by_time_.size() > limits_.max_sessions) remove_first_session();
}

// A pid that was taken and kept again is in the list twice. Its first entry does not count any more.
void recovery_log::remove_first_session() {
  const auto& [ended, pid] = by_time_.front();
  const auto found = sessions_.find(pid);
  if (found != sessions_.end() && found->second.ended == ended) sessions_.erase(found);
  by_time_.pop_front();
}

std::optional<session_record> recovery_log::take(std::string_view pid, std::string_view offset, time_point now) {
  const auto found = sessions_.find(pid);
  if (found == sessions_.end()) return std::nullopt;
  kept_session session = std::move(found->second);
  sessions_.erase(found);
  if (session.ended + limits_.max_disconnection_duration < now) return std::nullopt;
  session_record& record = session.record;
  const auto joined = stream_position::parse(record.since);
  const auto said = offset.empty() ? joined : stream_position::parse(offset);
  if (!said || !is_place(*said)) return std::nullopt;
  // A client with a new socket still has the offset of the old one. Events from before the new socket are not for it.
  const stream_position from = joined ? std::max(*joined, *said) : *said;
  if (from < dropped_early_) return std::nullopt;
  // Events that became too old were stored before the session could miss them. The exception: events that were sent
  // again and did not arrive.
  const auto resent = stream_position::parse(record.resent);
  if (resent && from < *resent && from < went_in_time_) return std::nullopt;
  record.since = std::max(from, went_in_time_).text();
  return std::move(record);
}

// ---------------------------------------------------------------- age

void recovery_log::trim(time_point now) {
  while (!entries_.empty() && entries_.front().stored + packet_life() < now) {
    went_in_time_ = entries_.front().at;
    remove_first_entry();
  }
  while (!by_time_.empty() && by_time_.front().first + limits_.max_disconnection_duration < now) remove_first_session();
}

std::optional<recovery_log::time_point> recovery_log::next_trim() const {
  std::optional<time_point> at;
  if (!entries_.empty()) at = entries_.front().stored + packet_life();
  if (!by_time_.empty()) {
    const time_point session = by_time_.front().first + limits_.max_disconnection_duration;
    at = at ? std::min(*at, session) : session;
  }
  return at;
}

}  // namespace cosio::adapters
