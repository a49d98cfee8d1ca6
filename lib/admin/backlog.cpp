// The line of what pages of the dashboard are still to be told.

#include "admin/backlog.hpp"

namespace cosio::inline v0_2::admin {

namespace {

constexpr std::size_t memory_of_an_event = 128;  // around its text

}  // namespace

// Guarded by the mutex of the backlog, but for the first four members, which never change.
class backlog::record {
 public:
  record(std::string_view in, std::string_view called, std::weak_ptr<socketio::socket_core> socket, std::int64_t at)
      : nsp(in), id(called), who(std::move(socket)), since(at) {}

  const std::string nsp;
  const std::string id;
  const std::weak_ptr<socketio::socket_core> who;
  const std::int64_t since;
  std::set<std::string, std::less<>> rooms;  // now
  std::map<std::string, bool> moves;         // of a socket that was told: rooms, and whether it is in
  std::string reason;
  std::int64_t until = 0;
  bool is_told = false;
  bool is_gone = false;
  bool waits = false;  // in the line
  bool transport = false;
  bool data = false;

  // The rooms that the pages have been told of.
  std::vector<std::string> told_rooms() const {
    std::set<std::string, std::less<>> told = rooms;
    for (const auto& [room, is_in] : moves) {
      if (is_in) {
        told.erase(room);
      } else {
        told.insert(room);
      }
    }
    return {told.begin(), told.end()};
  }
};

std::string backlog::key_of(std::string_view nsp, std::string_view id) {
  std::string key;
  key.reserve(nsp.size() + id.size() + 1);
  key.append(nsp).append(1, '\0').append(id);
  return key;
}

backlog::record_ptr backlog::find(std::string_view nsp, std::string_view id) const {
  const auto found = sockets_.find(key_of(nsp, id));
  return found == sockets_.end() ? nullptr : found->second;
}

void backlog::queue(const record_ptr& one) {
  if (one->waits) return;
  line_.emplace_back(one);
  one->waits = true;
}

// A page that comes gets all sockets in a list. So all are as good as told when nobody is there.
void backlog::audience(bool is_there) {
  std::deque<entry> gone;
  const base::lock_guard lock(mutex_);
  audience_ = is_there;
  if (is_there) return;
  gone.swap(line_);
  event_bytes_ = 0;
  is_full_.store(false, std::memory_order_relaxed);
  for (auto& [key, one] : sockets_) {
    one->is_told = true;
    one->waits = one->transport = one->data = false;
    one->moves.clear();
  }
}

void backlog::joined(std::string_view nsp, std::string_view id, std::weak_ptr<socketio::socket_core> who,
                     std::vector<std::string> rooms, std::int64_t at) {
  auto made = std::make_shared<record>(nsp, id, std::move(who), at);
  made->rooms.insert(rooms.begin(), rooms.end());
  const base::lock_guard lock(mutex_);
  const auto [place, is_new] = sockets_.try_emplace(key_of(nsp, id), made);
  if (!is_new) return;
  made->is_told = !audience_;
  if (audience_) queue(made);
}

void backlog::moved(std::string_view nsp, std::string_view id, std::string_view room, bool is_in) {
  const base::lock_guard lock(mutex_);
  const auto one = find(nsp, id);
  if (!one) return;
  const bool is_change = is_in ? one->rooms.emplace(room).second : one->rooms.erase(std::string(room)) != 0;
  if (!is_change || !audience_ || !one->is_told) return;
  const auto [before, is_new] = one->moves.try_emplace(std::string(room), is_in);
  if (!is_new) one->moves.erase(before);  // there and back
  queue(one);
}

void backlog::mark(std::string_view nsp, std::string_view id, bool record::* change) {
  const base::lock_guard lock(mutex_);
  const auto one = find(nsp, id);
  if (!one || !audience_ || !one->is_told) return;
  (*one).*change = true;
  queue(one);
}

void backlog::upgraded(std::string_view nsp, std::string_view id) { mark(nsp, id, &record::transport); }
void backlog::data_changed(std::string_view nsp, std::string_view id) { mark(nsp, id, &record::data); }

void backlog::left(std::string_view nsp, std::string_view id, std::string_view why, std::int64_t at) {
  const base::lock_guard lock(mutex_);
  const auto found = sockets_.find(key_of(nsp, id));
  if (found == sockets_.end()) return;
  const record_ptr one = std::move(found->second);
  sockets_.erase(found);
  one->is_gone = true;
  one->reason = why;
  one->until = at;
  if (audience_ && one->is_told) queue(one);
}

bool backlog::has_room() noexcept {
  if (!is_full_.load(std::memory_order_relaxed)) return true;
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void backlog::event(std::string name, std::string text) {
  const std::size_t bytes = text.size() + memory_of_an_event;
  const base::lock_guard lock(mutex_);
  if (!audience_) return;
  if (event_bytes_ + bytes > most_) {
    is_full_.store(true, std::memory_order_relaxed);
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  event_bytes_ += bytes;
  line_.emplace_back(waiting_event(std::move(name), std::move(text)));
}

void backlog::clear() {
  std::deque<entry> line;
  base::text_map<record_ptr> sockets;
  const base::lock_guard lock(mutex_);
  line.swap(line_);
  sockets.swap(sockets_);
  event_bytes_ = 0;
  is_full_.store(false, std::memory_order_relaxed);
}

bool backlog::empty() const {
  const base::lock_guard lock(mutex_);
  return line_.empty();
}

// Of a socket that was taken out of the line. Afterwards the pages know all of it.
news backlog::describe(record& of) {
  news out;
  out.nsp = of.nsp;
  out.id = of.id;
  out.who = of.who;
  if (of.is_gone) {
    out.what = news::kind::gone;
    out.at = of.until;
    out.reason = of.reason;
    out.rooms = of.told_rooms();
  } else if (!of.is_told) {
    out.what = news::kind::connected;
    out.at = of.since;
    out.rooms.assign(of.rooms.begin(), of.rooms.end());
  } else {
    out.what = news::kind::changed;
    out.transport = of.transport;
    out.data = of.data;
    out.moves = of.moves;
  }
  of.moves.clear();
  of.is_told = true;
  of.transport = of.data = false;
  return out;
}

std::optional<news> backlog::next() {
  const base::lock_guard lock(mutex_);
  while (!line_.empty()) {
    entry first = std::move(line_.front());
    line_.pop_front();
    if (auto* const waiting = std::get_if<waiting_event>(&first)) {
      event_bytes_ -= waiting->second.size() + memory_of_an_event;
      if (event_bytes_ <= most_ / 2) is_full_.store(false, std::memory_order_relaxed);
      news out;
      out.event = std::move(waiting->first);
      out.text = std::move(waiting->second);
      return out;
    }
    record& one = *std::get<record_ptr>(first);
    one.waits = false;
    const bool came_and_went = one.is_gone && !one.is_told;
    const bool there_and_back = !one.is_gone && one.is_told && !one.transport && !one.data && one.moves.empty();
    if (!came_and_went && !there_and_back) return describe(one);
  }
  return std::nullopt;
}

std::vector<backlog::record_ptr> backlog::records() const {
  std::vector<record_ptr> out;
  const base::lock_guard lock(mutex_);
  out.reserve(sockets_.size());
  for (const auto& [key, one] : sockets_) out.push_back(one);
  return out;
}

std::optional<news> backlog::known(const record& of) const {
  const base::lock_guard lock(mutex_);
  if (!of.is_told || of.is_gone) return std::nullopt;
  news out;
  out.what = news::kind::connected;
  out.nsp = of.nsp;
  out.id = of.id;
  out.who = of.who;
  out.at = of.since;
  out.rooms = of.told_rooms();
  return out;
}

}  // namespace cosio::inline v0_2::admin
