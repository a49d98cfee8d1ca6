// A session that comes back: it is taken out of Redis, with the broadcasts that its client has missed.
//
//   take_session() -> GET, DEL -> is the offset still there? -> pages of the stream, up to where the index begins
//                                                            -> the index of what this server has read
//
// The events that are handed out end where reading has come to: later ones come by cluster_receiver::received().
//
// Source: @socket.io/redis-streams-adapter 0.3.1, restoreSession().

#include <algorithm>
#include <utility>

#include <cosio/error.hpp>

#include "async/hop.hpp"
#include "base/logger.hpp"
#include "cluster/redis_slots.hpp"
#include "cluster/streams_wire.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using std::chrono::milliseconds;
using commands = std::vector<std::vector<std::string>>;

constexpr milliseconds answer_patience{5'000};   // for each answer of Redis
constexpr milliseconds reading_patience{2'000};  // a client can be ahead of this server's reading
// Few enough for large entries: an answer that is too long ends the connection, with all that waits for Redis.
constexpr std::size_t page_entries = 32;
constexpr std::size_t max_restored_entries = 50'000;    // looked at in Redis for one client
constexpr std::size_t max_restored_bytes = 16'000'000;  // events for one client
constexpr std::size_t max_pid_bytes = 256;

// One client that comes back. One coroutine.
class restoring {
 public:
  restoring(std::shared_ptr<wire_hub> hub, std::shared_ptr<streams_tail> tail, std::string nsp)
      : hub_(std::move(hub)), tail_(std::move(tail)), nsp_(std::move(nsp)) {}

  /// @param offset  The client's word.
  static task<bool> run(std::shared_ptr<restoring> self, std::string offset);

  kept_session result;

 private:
  /// The state of the index: whether it has everything from here on, and where it begins otherwise.
  struct piece {
    bool is_whole = false;
    bool is_too_much = false;
    std::optional<stream_id> start;
  };

  static task<bool> reach(std::shared_ptr<restoring> self);
  static task<bool> is_intact(std::shared_ptr<restoring> self, bool is_offset);
  static task<bool> has_entry(std::shared_ptr<restoring> self, stream_id id);
  static task<bool> was_never_trimmed(std::shared_ptr<restoring> self);
  static task<bool> collect(std::shared_ptr<restoring> self);
  static task<redis_value> ask(std::shared_ptr<restoring> self, std::vector<std::string> words);

  piece take_rest();
  bool take_page(const redis_value& entries);

  const std::shared_ptr<wire_hub> hub_;
  const std::shared_ptr<streams_tail> tail_;
  const std::string nsp_;
  stream_id from_;
  stream_id at_;  // the end of what was collected
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

task<redis_value> restoring::ask(std::shared_ptr<restoring> self, std::vector<std::string> words) {
  commands one;
  one.push_back(std::move(words));
  auto asking = wire_hub::ask(self->hub_, redis_slot(self->tail_->stream()), std::move(one), answer_patience);
  redis_value reply = co_await std::move(asking);
  co_return reply;
}

// A client with a new socket still has the offset of the old one. Events from before the new socket are not for it.
task<bool> restoring::run(std::shared_ptr<restoring> self, std::string offset) {
  const auto said = stream_id::parse(offset);
  const auto joined = stream_id::parse(self->result.record.since);
  if (!said && !joined) co_return false;
  self->from_ = std::max(said.value_or(stream_id()), joined.value_or(stream_id()));
  self->at_ = self->from_;
  const bool is_offset = said && self->from_ == *said;
  auto reaching = reach(self);
  const bool is_reached = co_await std::move(reaching);
  if (!is_reached) co_return false;
  auto looking = is_intact(self, is_offset);
  const bool is_here = co_await std::move(looking);
  if (!is_here) co_return false;
  auto collecting = collect(self);
  const bool is_whole = co_await std::move(collecting);
  self->result.record.since = self->from_.text();
  co_return is_whole;
}

task<bool> restoring::reach(std::shared_ptr<restoring> self) {
  auto done = std::make_shared<confirmation>();
  auto begin = [self, done] { self->tail_->wait_for(self->from_, done); };
  auto beginning = async::call_on(self->hub_->strand(), std::move(begin));
  co_await std::move(beginning);
  async::deadlines& timers = self->hub_->timers();
  auto waits = confirmation::wait(done, timers, timers.after(reading_patience));
  const bool is_given = co_await std::move(waits);
  if (!is_given) {
    auto end = [self, done] { self->tail_->stop_waiting(done); };
    auto ending = async::call_on(self->hub_->strand(), std::move(end));
    co_await std::move(ending);
  }
  co_return self->tail_->last_id() >= self->from_;
}

// Whether all entries behind the place are still to be had. An offset must be one that a server gave.
task<bool> restoring::is_intact(std::shared_ptr<restoring> self, bool is_offset) {
  auto look = [self, is_offset] {
    return self->tail_->covers(self->nsp_, self->from_) && (!is_offset || self->tail_->index().knows(self->from_));
  };
  auto looking = async::call_on(self->hub_->strand(), std::move(look));
  const bool is_here = co_await std::move(looking);
  if (is_here) co_return true;
  auto asking = has_entry(self, self->from_);
  const bool is_in_redis = co_await std::move(asking);
  if (is_in_redis || is_offset) co_return is_in_redis;
  auto last = was_never_trimmed(self);
  const bool is_whole = co_await std::move(last);
  co_return is_whole;
}

task<bool> restoring::has_entry(std::shared_ptr<restoring> self, stream_id id) {
  std::vector<std::string> words{"XRANGE", self->tail_->stream(), id.text(), id.text()};
  auto asking = ask(self, std::move(words));
  const redis_value reply = co_await std::move(asking);
  co_return !reply.items.empty();
}

task<bool> restoring::was_never_trimmed(std::shared_ptr<restoring> self) {
  std::vector<std::string> words{"XINFO", "STREAM", self->tail_->stream()};
  auto asking = ask(self, std::move(words));
  const redis_value reply = co_await std::move(asking);
  const auto found = stream_extent::of(reply);
  co_return found && (found->is_untouched() || (found->first && *found->first <= self->from_));
}

// The index begins later and later while pages are read: its limits drop entries. So it is asked again after each page.
task<bool> restoring::collect(std::shared_ptr<restoring> self) {
  std::size_t pages = 0;
  for (;;) {
    auto take = [self] { return self->take_rest(); };
    auto taking = async::call_on(self->hub_->strand(), std::move(take));
    const piece got = co_await std::move(taking);
    if (got.is_too_much || (!got.is_whole && !got.start)) co_return false;
    if (got.is_whole) break;
    std::vector<std::string> words{"XRANGE", self->tail_->stream(),       self->at_.next().text(), got.start->text(),
                                   "COUNT",  std::to_string(page_entries)};
    auto asking = ask(self, std::move(words));
    const redis_value page = co_await std::move(asking);
    if (!self->take_page(page)) co_return false;
    if (page.items.size() < page_entries) self->at_ = std::max(self->at_, *got.start);
    ++pages;
  }
  if (pages < 2 || self->result.events.empty()) co_return true;
  auto asking = has_entry(self, self->from_);  // otherwise the stream may have been trimmed between two pages
  const bool is_still_here = co_await std::move(asking);
  co_return is_still_here;
}

restoring::piece restoring::take_rest() {
  piece out;
  out.start = tail_->start_of(nsp_);
  if (!out.start || at_ < *out.start) return out;
  const session_rooms rooms(result.record);
  out.is_too_much = !tail_->index().missed(nsp_, rooms, at_, max_restored_bytes - std::min(bytes_, max_restored_bytes),
                                           result.events);
  out.is_whole = true;
  result.upto = tail_->last_id().text();
  return out;
}

bool restoring::take_page(const redis_value& entries) {
  const session_rooms rooms(result.record);
  for (const redis_value& item : entries.items) {
    const auto entry = stream_entry::of(item);
    if (!entry) continue;
    at_ = entry->id;
    if (++entries_ > max_restored_entries) return false;
    if (entry->nsp != nsp_) continue;
    auto message = read_entry(*entry);
    if (!message || !can_be_missed(*message) || !rooms.are_in(message->to)) continue;
    bytes_ += entry->data.size();
    if (bytes_ > max_restored_bytes) return false;
    result.events.push_back({std::move(*message), entry->id.text()});
  }
  return true;
}

}  // namespace

// Whoever names a session and a well-formed offset takes it: it is there once.
task<std::optional<kept_session>> streams_wire::take(self_ptr self, std::string nsp, std::string pid,
                                                     std::string offset) {
  const bool is_well_formed = offset.empty() || stream_id::parse(offset);
  if (!is_well_formed || pid.empty() || pid.size() > max_pid_bytes) co_return std::nullopt;
  const std::string key = self->settings_.session_key_prefix + pid;
  const auto work = std::make_shared<restoring>(self->hub_, self->tail_of(nsp), nsp);
  std::optional<kept_session> out;
  try {
    commands words(4);
    words[0] = {"MULTI"};
    words[1] = {"GET", key};
    words[2] = {"DEL", key};
    words[3] = {"EXEC"};
    auto asking = wire_hub::ask(self->hub_, redis_slot(key), std::move(words), answer_patience);
    const redis_value reply = co_await std::move(asking);
    auto record = read_session(reply.text_at(0), nsp, self->now());
    if (!record || record->pid != pid) co_return std::nullopt;
    work->result.record = std::move(*record);
    auto restores = restoring::run(work, std::move(offset));
    const bool is_whole = co_await std::move(restores);
    if (is_whole) out = std::move(work->result);
  } catch (const error& failed) {
    base::log(log_level::warn, "cluster", "a session could not be restored: " + failed.detail());
  }
  co_return out;
}

}  // namespace cosio::inline v0_2::cluster
