// A wire that ends in this process.
//
//   publish() -> the line of the bus -> deliver() -> received() of every listener, one message after the other
//
// One thread at a time delivers. Another one that publishes meanwhile leaves its message in the line, and the first one
// delivers that, too. So all listeners get all messages in one order, and no lock is held while they are called. The
// line has a bound in bytes: above it, what is published is refused.

#include <cosio/error.hpp>
#include <cosio/process_wire.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <deque>
#include <iterator>
#include <list>
#include <utility>

#include "base/guarded.hpp"
#include "base/later.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2 {

/// Guarded by its own mutex.
class process_bus {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit process_bus(process_bus_options settings) : settings_(settings) {}

  bool keeps_sessions() const noexcept { return settings_.keep_sessions; }
  void add(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to);
  void remove(const std::string& nsp, const std::string& uid);
  std::size_t listeners(std::string_view nsp) const;

  /// @param only  The uid of the only receiver; empty: all.
  /// @return with the offset, of a broadcast that is kept.
  publication publish(cluster_message message, std::string only);
  std::size_t pending_bytes() const;
  void save(std::string nsp, session_record record, std::chrono::milliseconds lifetime);
  std::optional<kept_session> take(const std::string& nsp, const std::string& pid, const std::string& offset);
  std::string last_offset() const;

 private:
  struct listener {
    std::string nsp;
    std::string uid;
    std::shared_ptr<cluster_receiver> to;
  };
  struct letter {
    cluster_message message;
    std::string only;
    std::uint64_t number = 0;  // 0: it is not kept
    std::size_t bytes = 0;
  };
  struct session {
    std::string nsp;
    session_record record;
    time_point until;
  };

  static publication taken(std::uint64_t number);
  void keep(const letter& sent) COSIO_REQUIRES(mutex_);
  void deliver();
  bool next(letter& into, std::vector<listener>& to);
  std::optional<std::uint64_t> place(std::string_view offset) const COSIO_REQUIRES(mutex_);

  const process_bus_options settings_;
  mutable base::mutex mutex_;
  std::vector<listener> listeners_ COSIO_GUARDED_BY(mutex_);
  std::deque<letter> line_ COSIO_GUARDED_BY(mutex_);
  std::size_t line_bytes_ COSIO_GUARDED_BY(mutex_) = 0;
  std::size_t event_bytes_ COSIO_GUARDED_BY(mutex_) = 0;
  bool has_told_full_ COSIO_GUARDED_BY(mutex_) = false;  // the log, until the line is empty
  std::deque<letter> events_ COSIO_GUARDED_BY(mutex_);   // kept, in the order of their numbers
  std::list<session> sessions_ COSIO_GUARDED_BY(mutex_);
  std::uint64_t last_ COSIO_GUARDED_BY(mutex_) = 0;       // the number of the last event
  std::uint64_t begun_ COSIO_GUARDED_BY(mutex_) = 0;      // the number of the last event whose delivery has begun
  std::uint64_t delivered_ COSIO_GUARDED_BY(mutex_) = 0;  // the number of the last event that was delivered
  bool is_delivering_ COSIO_GUARDED_BY(mutex_) = false;
};

void process_bus::add(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) {
  const base::lock_guard lock(mutex_);
  listeners_.push_back({std::move(nsp), std::move(uid), std::move(to)});
}

void process_bus::remove(const std::string& nsp, const std::string& uid) {
  const base::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const listener& one) { return one.nsp == nsp && one.uid == uid; });
}

std::size_t process_bus::listeners(std::string_view nsp) const {
  const base::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(listeners_.begin(), listeners_.end(), [&](const listener& one) { return one.nsp == nsp; }));
}

namespace {

// About the memory of a message.
std::size_t bytes_of(const cluster_message& message) noexcept {
  const auto names = [](const std::vector<std::string>& all) {
    std::size_t sum = 0;
    for (const std::string& name : all) sum += sizeof name + name.size();
    return sum;
  };
  std::size_t bytes = sizeof message + message.uid.size() + message.nsp.size() + message.request_id.size();
  bytes += names(message.to.rooms) + names(message.to.except) + names(message.rooms);
  bytes += message.event.json().size();
  for (const binary& attachment : message.event.attachments()) bytes += sizeof attachment + attachment.size();
  for (const socket_descriptor& one : message.sockets) bytes += sizeof one + one.id.size() + names(one.rooms);
  return bytes;
}

}  // namespace

publication process_bus::taken(std::uint64_t number) {
  return publication::taken(number != 0 ? std::to_string(number) : std::string());
}

void process_bus::keep(const letter& sent) {
  letter kept = sent;
  kept.message.packet = nullptr;
  event_bytes_ += kept.bytes;
  events_.push_back(std::move(kept));
  while (!events_.empty() && (events_.size() > settings_.max_events || event_bytes_ > settings_.max_event_bytes)) {
    event_bytes_ -= events_.front().bytes;
    events_.pop_front();
  }
}

std::size_t process_bus::pending_bytes() const {
  const base::lock_guard lock(mutex_);
  return line_bytes_;
}

publication process_bus::publish(cluster_message message, std::string only) {
  letter sent{std::move(message), std::move(only), 0, 0};
  sent.bytes = bytes_of(sent.message);
  bool is_full = false;
  bool is_told = false;
  {
    const base::lock_guard lock(mutex_);
    is_full = !line_.empty() && line_bytes_ + sent.bytes > settings_.max_pending_bytes;
    if (is_full) {
      is_told = std::exchange(has_told_full_, true);
    } else {
      if (settings_.keep_sessions && sent.message.type == message_type::broadcast && sent.message.request_id.empty()) {
        sent.number = ++last_;
        keep(sent);
      }
      line_.push_back(sent);
      line_bytes_ += sent.bytes;
      if (std::exchange(is_delivering_, true)) return taken(sent.number);
    }
  }
  if (!is_full) {
    deliver();
    return taken(sent.number);
  }
  if (!is_told)
    base::log(log_level::error, "cluster",
              "more than process_bus_options::max_pending_bytes (" + std::to_string(settings_.max_pending_bytes) +
                  ") wait for their delivery: messages are lost for other servers until these have been taken");
  return publication::failed("too many bytes wait for their delivery");
}

bool process_bus::next(letter& into, std::vector<listener>& to) {
  const base::lock_guard lock(mutex_);
  if (into.number != 0) delivered_ = into.number;
  if (line_.empty()) {
    is_delivering_ = has_told_full_ = false;
    return false;
  }
  into = std::move(line_.front());
  line_.pop_front();
  line_bytes_ -= into.bytes;
  if (into.number != 0) begun_ = into.number;
  to.clear();
  std::copy_if(listeners_.begin(), listeners_.end(), std::back_inserter(to), [&](const listener& one) {
    return one.nsp == into.message.nsp && (into.only.empty() || into.only == one.uid);
  });
  return true;
}

void process_bus::deliver() {
  letter now;
  std::vector<listener> to;
  while (next(now, to)) {
    const std::string offset = now.number != 0 ? std::to_string(now.number) : std::string();
    for (const listener& one : to) {
      cluster_message copy = now.message;
      if (one.uid != copy.uid) copy.packet = nullptr;
      one.to->received(std::move(copy), offset);
    }
  }
}

void process_bus::save(std::string nsp, session_record record, std::chrono::milliseconds lifetime) {
  const auto now = std::chrono::steady_clock::now();
  const base::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const session& one) { return one.until < now || one.record.pid == record.pid; });
  sessions_.push_back({std::move(nsp), std::move(record), base::later(now, lifetime)});
  if (sessions_.size() > settings_.max_sessions) sessions_.pop_front();
}

// The number of an event that is there, or of the last one that was removed; 0 before the first.
std::optional<std::uint64_t> process_bus::place(std::string_view offset) const {
  std::uint64_t number = 0;
  const auto end = offset.data() + offset.size();
  if (!offset.empty()) {
    const auto read = std::from_chars(offset.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  }
  const std::uint64_t before = events_.empty() ? last_ : events_.front().number - 1;
  if (number < before || number > last_) return std::nullopt;
  return number;
}

std::optional<kept_session> process_bus::take(const std::string& nsp, const std::string& pid,
                                              const std::string& offset) {
  const base::lock_guard lock(mutex_);
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const session& one) { return one.nsp == nsp && one.record.pid == pid; });
  if (found == sessions_.end()) return std::nullopt;
  const session taken = std::move(*found);
  sessions_.erase(found);
  const auto since = place(taken.record.since);
  const auto said = offset.empty() ? since : place(offset);
  if (taken.until < std::chrono::steady_clock::now() || !said) return std::nullopt;
  const std::uint64_t from = std::max(*said, since.value_or(0));
  kept_session out;
  out.record = taken.record;
  out.upto = std::to_string(std::max(begun_, from));
  for (const letter& one : events_)
    if (one.number > from && one.number <= begun_ && one.message.nsp == nsp)
      out.events.push_back({one.message, std::to_string(one.number)});
  return out;
}

std::string process_bus::last_offset() const {
  const base::lock_guard lock(mutex_);
  return std::to_string(delivered_);
}

namespace {

// The wire of one server.
class wire_in_process final : public cluster_wire {
 public:
  explicit wire_in_process(std::shared_ptr<process_bus> bus) : bus_(std::move(bus)) {}

  task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) override {
    bus_->add(std::move(nsp), std::move(uid), std::move(to));
    co_return;
  }
  task<> stop(std::string nsp, std::string uid) override {
    bus_->remove(nsp, uid);
    co_return;
  }
  task<publication> publish(cluster_message message) override { return send(std::move(message), {}); }
  task<publication> answer(std::string requester, cluster_message message) override {
    return send(std::move(message), std::move(requester));
  }

  bool counts_servers() const noexcept override { return true; }
  task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds) override {
    co_return bus_->listeners(nsp);
  }

  bool keeps_sessions() const noexcept override { return bus_->keeps_sessions(); }
  task<> save_session(std::string nsp, session_record record, std::chrono::milliseconds lifetime) override {
    bus_->save(std::move(nsp), std::move(record), lifetime);
    co_return;
  }
  task<std::optional<kept_session>> take_session(std::string nsp, std::string pid, std::string offset) override {
    co_return bus_->take(nsp, pid, offset);
  }
  std::string last_offset(std::string_view) const override { return bus_->last_offset(); }

  wire_counts counts() const override {
    wire_counts out;
    out.published = published_;
    out.lost = lost_;
    out.pending_bytes = bus_->pending_bytes();
    out.connected = true;
    return out;
  }

 private:
  task<publication> send(cluster_message message, std::string only) {
    publication done = bus_->publish(std::move(message), std::move(only));
    ++(done.ok ? published_ : lost_);
    co_return done;
  }

  const std::shared_ptr<process_bus> bus_;
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace

std::shared_ptr<process_bus> make_process_bus(process_bus_options settings) {
  return std::make_shared<process_bus>(settings);
}

std::function<std::shared_ptr<cluster_wire>(adapter_host&)> process_wire(std::shared_ptr<process_bus> bus) {
  if (!bus) throw error(errc::bad_argument, "cosio::process_wire() needs a bus: see cosio::make_process_bus()");
  return [bus = std::move(bus)](adapter_host&) { return std::make_shared<wire_in_process>(bus); };
}

}  // namespace cosio::inline v0_2
