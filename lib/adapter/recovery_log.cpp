// Recent packets, and the sessions that may come back.

#include "adapter/recovery_log.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cosio::inline v0_2::adapters {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
constexpr std::size_t entry_overhead = 256;    // estimated bytes of an entry and its packet, without their texts
constexpr std::size_t session_overhead = 512;  // the same of a session
constexpr std::size_t room_overhead = 48;      // the same of a name in a list
constexpr std::size_t piece_entries = 500;     // events, and names of their rooms, that are looked at for one piece
constexpr std::size_t piece_bytes = 131'072;   // by the same estimate, which counts texts twice

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

returning_session::returning_session(const session_record& record)
    : record_(record), rooms_(record.rooms.begin(), record.rooms.end()) {}

bool returning_session::is_in_any(const std::vector<std::string>& rooms) const {
  return std::any_of(rooms.begin(), rooms.end(), [this](const std::string& room) { return rooms_.contains(room); });
}

bool recovery_log::entry::concerns(const returning_session& who) const {
  if (direct) return rooms.front() == who.record().id;
  return (everybody || who.is_in_any(rooms)) && !who.is_in_any(except);
}

// ---------------------------------------------------------------- packets

void recovery_log::append(stream_position at, std::shared_ptr<const outgoing_packet> packet, const target& to,
                          time_point now) {
  add({at, std::move(packet), to.rooms, to.except, to.everybody, false, 0, now}, now);
}

void recovery_log::append(stream_position at, std::shared_ptr<const outgoing_packet> packet, const std::string& id,
                          time_point now) {
  add({at, std::move(packet), {id}, {}, false, true, 0, now}, now);
}

void recovery_log::add(entry e, time_point now) {
  e.bytes = entry_overhead + 2 * e.packet->data().json().size();  // as data, and as the packet that was sent
  for (const binary& attachment : e.packet->data().attachments()) e.bytes += attachment.size();
  for (const std::string& room : e.rooms) e.bytes += room.size();
  for (const std::string& room : e.except) e.bytes += room.size();
  const stream_position at = e.at;
  const std::size_t bytes = e.bytes;
  entries_.push_back(std::move(e));
  last_ = at;
  bytes_ += bytes;
  trim(now);
  while (!entries_.empty() && (bytes_ > limits_.max_bytes || entries_.size() > limits_.max_packets)) {
    dropped_early_ = entries_.front().at;
    remove_first_entry();
  }
}

std::optional<recovery_log::piece> recovery_log::missed(const returning_session& who,
                                                        std::optional<stream_position> after) const {
  const auto from = after ? after : stream_position::parse(who.record().since);
  if (!from || (!after && !is_place(*from)) || *from < dropped_early_ || *from < went_in_time_) return std::nullopt;
  piece out;
  out.at = *from;
  std::size_t looked_at = 0;
  auto e = std::upper_bound(entries_.begin(), entries_.end(), *from,
                            [](stream_position p, const entry& at) { return p < at.at; });
  for (; e != entries_.end() && looked_at < piece_entries && out.bytes < piece_bytes; ++e) {
    looked_at += 1 + e->rooms.size() + e->except.size();
    out.at = e->at;
    if (!e->concerns(who)) continue;
    out.packets.push_back(e->packet);
    out.resent = e->at;
    out.bytes += e->bytes;
  }
  out.is_last = e == entries_.end();
  return out;
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
  std::size_t bytes = session_overhead + record.pid.size() + record.id.size();
  for (const std::string& room : record.rooms) bytes += room_overhead + room.size();
  const auto known = by_pid_.find(record.pid);
  if (known != by_pid_.end() && known->second->taken) {  // it has not become a socket again: its time goes on
    session_bytes_ += bytes - known->second->bytes;
    *known->second = {std::move(record), known->second->ended, bytes, false};
    return;
  }
  if (known != by_pid_.end()) remove(known->second);
  sessions_.push_back({std::move(record), now, bytes, false});
  by_pid_.emplace(sessions_.back().record.pid, std::prev(sessions_.end()));
  session_bytes_ += bytes;
  while (!sessions_.empty() && (sessions_.size() > limits_.max_sessions || session_bytes_ > limits_.max_bytes))
    remove(sessions_.begin());
}

void recovery_log::remove(kept_list::iterator which) {
  session_bytes_ -= which->bytes;
  by_pid_.erase(which->record.pid);
  sessions_.erase(which);
}

std::optional<session_record> recovery_log::take(std::string_view pid, std::string_view offset, time_point now) {
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end() || found->second->taken) return std::nullopt;
  auto out = continued(*found->second, offset, now);
  if (out) {
    found->second->taken = true;
  } else {
    remove(found->second);
  }
  return out;
}

void recovery_log::admitted(std::string_view pid) {
  if (const auto found = by_pid_.find(pid); found != by_pid_.end()) remove(found->second);
}

// The session with the position from which it goes on, if that is possible.
std::optional<session_record> recovery_log::continued(const kept_session& session, std::string_view offset,
                                                      time_point now) const {
  if (base::later(session.ended, limits_.max_disconnection_duration) < now) return std::nullopt;
  const auto joined = stream_position::parse(session.record.since);
  const auto said = offset.empty() ? joined : stream_position::parse(offset);
  if (!said || !is_place(*said)) return std::nullopt;
  // A client with a new socket still has the offset of the old one. Events from before the new socket are not for it.
  const stream_position from = joined ? std::max(*joined, *said) : *said;
  if (from < dropped_early_) return std::nullopt;
  // Events that became too old were stored before the session could miss them. The exception: events that were sent
  // again and did not arrive.
  const auto resent = stream_position::parse(session.record.resent);
  if (resent && from < *resent && from < went_in_time_) return std::nullopt;
  session_record record = session.record;
  record.since = std::max(from, went_in_time_).text();
  return record;
}

// ---------------------------------------------------------------- age

void recovery_log::trim(time_point now) {
  while (!entries_.empty() && end_of_packet(entries_.front().stored) < now) {
    went_in_time_ = entries_.front().at;
    remove_first_entry();
  }
  while (!sessions_.empty() && base::later(sessions_.front().ended, limits_.max_disconnection_duration) < now)
    remove(sessions_.begin());
}

std::optional<recovery_log::time_point> recovery_log::next_trim() const {
  std::optional<time_point> at;
  if (!entries_.empty()) at = end_of_packet(entries_.front().stored);
  if (!sessions_.empty()) {
    const time_point session = base::later(sessions_.front().ended, limits_.max_disconnection_duration);
    at = at ? std::min(*at, session) : session;
  }
  return at;
}

}  // namespace cosio::inline v0_2::adapters
