// A session that comes back: it is taken out of Redis, with the broadcasts that its client has missed.
//
//   take_session() -> the offset was read -> its turn -> GET -> is the offset still there?
//                  -> pages of the stream, up to where the index begins -> the index of what this server has read
//                  -> EVAL: the one who deletes the session has it
//
// A turn is short: nobody has one while it waits for what its client says, or takes. A session that has missed much
// begins again in the line of those.
//
// The parts of the stream, and where each comes from:
//
//     from_            at_             start              upto
//   ----|---------------|----------------|------------------|----------> time
//       |  pages that   |  pages that    |  the index of    |  cluster_returns: what this server
//       |  were read    |  are to come   |  streams_tail    |  receives while the session comes back
//       |        Redis: XRANGE           |                  |
//
//   from_  what the client has: its offset, or the place where its socket joined (`since` of the record), if that is
//          later. The record that is handed out has it as `since`.
//   at_    the end of the pages. It begins at from_; there are no pages when from_ is behind start.
//   start  streams_tail::start_of(): the index has all that is behind it. It moves on while pages are read.
//   upto   streams_tail::last_id() when the index was asked: the events that are handed out end here.
//
// Source: @socket.io/redis-streams-adapter 0.3.1, restoreSession().

#include <algorithm>
#include <cstdint>
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

constexpr milliseconds restore_patience{30'000};  // for all of it; a client has 45 s to connect
constexpr milliseconds reading_patience{2'000};   // a client can be ahead of this server's reading
// Entries of a page: more while they are small. An answer that is too long ends the connection, with all that waits for
// Redis; then a page has fewer.
constexpr std::size_t first_page = 4;
constexpr std::size_t longest_page = 32;
constexpr std::size_t page_bytes = 1'000'000;
// For one client: entries that are looked at in Redis, and bytes of its events.
struct restored_limits {
  std::size_t entries;
  std::size_t bytes;
};
constexpr restored_limits short_limits{1'000, 256'000};
constexpr restored_limits long_limits{50'000, 16'000'000};
constexpr std::size_t max_pid_bytes = 256;
constexpr unsigned most_too_long = 8;  // answers of one restore
// Deletes a session that is still the same. One command: a Redis Cluster sends it on as a whole, and a session that was
// saved again meanwhile stays.
constexpr const char* delete_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

std::size_t size_of_item(const redis_value& entry) noexcept {
  std::size_t bytes = 0;
  for (const redis_value& field : entry.at(1).items) bytes += field.text.size();
  return bytes;
}

bool was_too_long(const error& failed) { return failed.detail().find(redis_reader::too_much) != std::string::npos; }

const char* no_turn(bool is_in_time) noexcept {
  return is_in_time ? "too many come back at once" : "it has waited too long for its turn";
}

// One client that comes back. One coroutine.
class restoring {
 public:
  restoring(std::shared_ptr<wire_hub> hub, std::shared_ptr<redis_commands> sessions, std::shared_ptr<streams_tail> tail,
            std::string nsp, async::time_point until, restored_limits limits)
      : hub_(std::move(hub)),
        sessions_(std::move(sessions)),
        tail_(std::move(tail)),
        nsp_(std::move(nsp)),
        until_(until),
        limits_(limits) {}

  /// Whether the result is whole, or never will be; or more than the limits; or this server has not read up to from()
  /// yet. Then the session stays.
  enum class outcomes : std::uint8_t { whole, gone, too_much, not_reached };
  /// Waits until this server has read up to a place: a client can be ahead of it, or say anything.
  /// @return whether it has.
  static task<bool> reach(std::shared_ptr<streams_tail> tail, std::shared_ptr<wire_hub> hub, stream_id place,
                          async::time_point until);
  /// @param offset  The client's word.
  static task<outcomes> run(std::shared_ptr<restoring> self, std::string offset);
  static task<redis_value> ask(std::shared_ptr<restoring> self, std::string key, commands words);
  /// The text of a session.
  static task<redis_value> get(std::shared_ptr<restoring> self, std::string key);
  /// Deletes a session. @return whether it was still the same.
  static task<bool> claim(std::shared_ptr<restoring> self, std::string key, std::string session);

  stream_id from() const noexcept { return from_; }
  /// Pages have as many entries as those of an earlier attempt.
  void read_as(const restoring& earlier) noexcept {
    page_ = earlier.page_;
    longest_ = earlier.longest_;
    too_long_ = earlier.too_long_;
  }
  kept_session result;

 private:
  /// The state of the index: whether it has everything from here on, and where it begins otherwise.
  struct piece {
    bool is_whole = false;
    bool is_too_much = false;
    std::optional<stream_id> start;
  };

  static task<bool> is_reached(std::shared_ptr<restoring> self);
  static task<bool> is_intact(std::shared_ptr<restoring> self);
  static task<bool> is_in_redis(std::shared_ptr<restoring> self);
  static task<bool> has_entry(std::shared_ptr<restoring> self, stream_id id);
  static task<bool> was_never_trimmed(std::shared_ptr<restoring> self);
  static task<bool> collect(std::shared_ptr<restoring> self);
  static task<redis_value> ask_stream(std::shared_ptr<restoring> self, std::vector<std::string> words);
  static task<bool> read_page(std::shared_ptr<restoring> self, stream_id end);

  piece take_rest();
  bool take_page(const redis_value& entries);

  const std::shared_ptr<wire_hub> hub_;
  const std::shared_ptr<redis_commands> sessions_;
  const std::shared_ptr<streams_tail> tail_;
  const std::string nsp_;
  const async::time_point until_;
  const restored_limits limits_;
  std::size_t page_ = first_page;
  std::size_t longest_ = longest_page;
  unsigned too_long_ = 0;
  stream_id from_;
  bool is_offset_ = false;  // from_ is the client's word
  stream_id at_;            // the end of what was collected
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
  bool is_too_much_ = false;
};

task<redis_value> restoring::ask(std::shared_ptr<restoring> self, std::string key, commands words) {
  return redis_commands::ask(self->sessions_, redis_slot(key), std::move(words), self->until_);
}

// The page of another restore may have ended the connection: the next one is waited for.
task<redis_value> restoring::get(std::shared_ptr<restoring> self, std::string key) {
  commands words;
  words.push_back({"GET", key});
  try {
    auto asking = ask(self, key, words);
    redis_value found = co_await std::move(asking);
    co_return found;
  } catch (const error& failed) {
    if (!was_too_long(failed)) throw;
  }
  auto asking = ask(self, key, std::move(words));
  redis_value found = co_await std::move(asking);
  co_return found;
}

// Not twice: nobody knows what became of the first one when its reply is lost.
task<bool> restoring::claim(std::shared_ptr<restoring> self, std::string key, std::string session) {
  const std::uint16_t slot = redis_slot(key);
  commands words(1);
  words[0] = {"EVAL", delete_script, "1", std::move(key), std::move(session)};
  auto asking = redis_commands::ask(self->hub_->commands(), slot, std::move(words), self->until_);
  const redis_value deleted = co_await std::move(asking);
  co_return deleted.integer() == 1;
}

task<redis_value> restoring::ask_stream(std::shared_ptr<restoring> self, std::vector<std::string> words) {
  commands one;
  one.push_back(std::move(words));
  return ask(self, self->tail_->stream(), std::move(one));
}

// A client with a new socket still has the offset of the old one. Events from before the new socket are not for it.
task<restoring::outcomes> restoring::run(std::shared_ptr<restoring> self, std::string offset) {
  const auto said = stream_id::parse(offset);
  const auto joined = stream_id::parse(self->result.record.since);
  if (!said && !joined) co_return outcomes::gone;
  self->from_ = std::max(said.value_or(stream_id()), joined.value_or(stream_id()));
  self->at_ = self->from_;
  self->is_offset_ = said && self->from_ == *said;
  auto asking = is_reached(self);
  const bool has_read = co_await std::move(asking);
  if (!has_read) co_return outcomes::not_reached;
  auto looking = is_intact(self);
  const bool is_here = co_await std::move(looking);
  if (!is_here) co_return outcomes::gone;
  auto collecting = collect(self);
  const bool is_whole = co_await std::move(collecting);
  self->result.record.since = self->from_.text();
  if (self->is_too_much_) co_return outcomes::too_much;
  co_return is_whole ? outcomes::whole : outcomes::gone;
}

task<bool> restoring::is_reached(std::shared_ptr<restoring> self) {
  auto look = [self] { return self->tail_->has_read(self->from_); };
  auto looking = async::call_on(self->hub_->strand(), std::move(look));
  const bool has_read = co_await std::move(looking);
  co_return has_read;
}

task<bool> restoring::reach(std::shared_ptr<streams_tail> tail, std::shared_ptr<wire_hub> hub, stream_id place,
                            async::time_point until) {
  auto done = std::make_shared<confirmation>();
  auto begin = [tail, place, done] { tail->wait_for(place, done); };
  auto beginning = async::call_on(hub->strand(), std::move(begin));
  co_await std::move(beginning);
  async::deadlines& timers = hub->timers();
  auto waits = confirmation::wait(done, timers, std::min(timers.after(reading_patience), until));
  const bool is_given = co_await std::move(waits);
  if (!is_given) {
    auto end = [tail, done] { tail->stop_waiting(done); };
    auto ending = async::call_on(hub->strand(), std::move(end));
    co_await std::move(ending);
  }
  co_return is_given;
}

// Whether all entries behind the place are still to be had. An offset must be one that a server gave.
task<bool> restoring::is_intact(std::shared_ptr<restoring> self) {
  auto look = [self] {
    return self->tail_->covers(self->nsp_, self->from_) &&
           (!self->is_offset_ || self->tail_->index().knows(self->from_));
  };
  auto looking = async::call_on(self->hub_->strand(), std::move(look));
  const bool is_here = co_await std::move(looking);
  if (is_here) co_return true;
  auto asking = is_in_redis(self);
  const bool is_there = co_await std::move(asking);
  co_return is_there;
}

// A place that no server gave as an offset is no entry, perhaps: the time of a socket that joined.
task<bool> restoring::is_in_redis(std::shared_ptr<restoring> self) {
  auto asking = has_entry(self, self->from_);
  const bool has_it = co_await std::move(asking);
  if (has_it || self->is_offset_) co_return has_it;
  auto last = was_never_trimmed(self);
  const bool is_whole = co_await std::move(last);
  co_return is_whole;
}

task<bool> restoring::has_entry(std::shared_ptr<restoring> self, stream_id id) {
  std::vector<std::string> words{"XRANGE", self->tail_->stream(), id.text(), id.text()};
  auto asking = ask_stream(self, std::move(words));
  const redis_value reply = co_await std::move(asking);
  co_return !reply.items.empty();
}

task<bool> restoring::was_never_trimmed(std::shared_ptr<restoring> self) {
  std::vector<std::string> words{"XINFO", "STREAM", self->tail_->stream()};
  auto asking = ask_stream(self, std::move(words));
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
    self->is_too_much_ = self->is_too_much_ || got.is_too_much;
    if (self->is_too_much_ || (!got.is_whole && !got.start)) co_return false;
    if (got.is_whole) break;
    auto reading = read_page(self, *got.start);
    const bool is_taken = co_await std::move(reading);
    if (!is_taken) co_return false;
    ++pages;
  }
  if (pages == 0) co_return true;
  auto asking = is_in_redis(self);  // otherwise the stream may have been trimmed before a page was read
  const bool is_still_here = co_await std::move(asking);
  co_return is_still_here;
}

// Other restores have the same connection, and one of them may have asked for too much: so each asks for less.
task<bool> restoring::read_page(std::shared_ptr<restoring> self, stream_id end) {
  const std::size_t asked = self->page_;
  std::vector<std::string> words{"XRANGE", self->tail_->stream(), self->at_.next().text(), end.text(),
                                 "COUNT",  std::to_string(asked)};
  redis_value page;
  try {
    auto asking = ask_stream(self, std::move(words));
    page = co_await std::move(asking);
  } catch (const error& failed) {
    if (!was_too_long(failed) || ++self->too_long_ > most_too_long) throw;
    self->longest_ = std::max<std::size_t>(asked / 2, 1);
    self->page_ = std::max<std::size_t>(asked / 8, 1);
    co_return true;
  }
  std::size_t bytes = 0;
  for (const redis_value& item : page.items) bytes += size_of_item(item);
  const std::size_t wanted = bytes < page_bytes ? asked * 2 : asked / 2;
  self->page_ = std::clamp<std::size_t>(wanted, 1, self->longest_);
  if (!self->take_page(page)) co_return false;
  if (page.items.size() < asked) self->at_ = std::max(self->at_, end);
  co_return true;
}

restoring::piece restoring::take_rest() {
  piece out;
  out.start = tail_->start_of(nsp_);
  if (!out.start || at_ < *out.start) return out;
  const session_rooms rooms(result.record);
  out.is_too_much =
      !tail_->index().missed(nsp_, rooms, at_, limits_.bytes - std::min(bytes_, limits_.bytes), result.events);
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
    is_too_much_ = ++entries_ > limits_.entries;
    if (is_too_much_) return false;
    if (entry->nsp != nsp_) continue;
    auto message = read_entry(*entry);
    if (!message || !can_be_missed(*message) || !rooms.are_in(message->to)) continue;
    bytes_ += entry->data.size();
    is_too_much_ = bytes_ > limits_.bytes;
    if (is_too_much_) return false;
    result.events.push_back({std::move(*message), entry->id.text()});
  }
  return true;
}

}  // namespace

// The latest attempt to restore a session, as long as no later one begins: a client tries again when its connection is
// lost, and nobody waits for the earlier attempt any more.
class streams_wire::attempt {
 public:
  attempt(self_ptr of, std::string pid) : of_(std::move(of)), pid_(std::move(pid)) {
    const base::lock_guard lock(of_->mutex_);
    number_ = ++of_->attempts_made_;
    of_->attempts_.insert_or_assign(pid_, number_);
  }
  attempt(const attempt&) = delete;
  attempt& operator=(const attempt&) = delete;
  ~attempt() {
    const base::lock_guard lock(of_->mutex_);
    const auto found = of_->attempts_.find(pid_);
    if (found != of_->attempts_.end() && found->second == number_) of_->attempts_.erase(found);
  }
  bool is_latest() const {
    const base::lock_guard lock(of_->mutex_);
    const auto found = of_->attempts_.find(pid_);
    return found != of_->attempts_.end() && found->second == number_;
  }

 private:
  const self_ptr of_;
  const std::string pid_;
  std::uint64_t number_ = 0;
};

// A session is there once. It stays in Redis until what its client has missed is whole: a client that is cut off in the
// middle may try again.
task<std::optional<kept_session>> streams_wire::take(self_ptr self, std::string nsp, std::string pid,
                                                     std::string offset) {
  using outcomes = restoring::outcomes;
  const auto said = stream_id::parse(offset);
  const bool is_well_formed = offset.empty() || said;
  if (!self->sessions_ || !is_well_formed || pid.empty() || pid.size() > max_pid_bytes) co_return std::nullopt;
  async::deadlines& timers = self->hub_->timers();
  const async::time_point until = timers.after(restore_patience);
  const attempt mine(self, pid);
  const std::string key = self->settings_.session_key_prefix + pid;
  const std::shared_ptr<streams_tail> tail = self->tail_of(nsp);
  stream_id place = said.value_or(stream_id());
  bool is_long = false;
  std::shared_ptr<restoring> earlier;
  try {
    for (;;) {
      auto reaching = restoring::reach(tail, self->hub_, place, until);
      const bool is_reached = co_await std::move(reaching);
      if (!is_reached) co_return std::nullopt;
      const std::shared_ptr<turns> line = is_long ? self->long_restores_ : self->restores_;
      auto waits = turns::take(line, timers, until);
      std::shared_ptr<turns::turn> turn = co_await std::move(waits);
      if (!mine.is_latest()) co_return std::nullopt;
      if (!turn) throw error(errc::limit_reached, no_turn(timers.now() < until));
      const auto& limits = is_long ? long_limits : short_limits;
      const auto work = std::make_shared<restoring>(self->hub_, self->sessions_, tail, nsp, until, limits);
      if (earlier) work->read_as(*earlier);
      auto getting = restoring::get(work, key);
      const redis_value kept = co_await std::move(getting);
      auto record = read_session(kept.text, nsp, self->now());
      if (!record || record->pid != pid) co_return std::nullopt;
      work->result.record = std::move(*record);
      auto restores = restoring::run(work, offset);
      const outcomes outcome = co_await std::move(restores);
      place = std::max(place, work->from());
      if (outcome == outcomes::not_reached) continue;
      const bool is_longer = outcome == outcomes::too_much && !is_long;
      if (is_longer) {
        is_long = true;
        work->result = kept_session();  // another one reads meanwhile
        earlier = work;
        continue;
      }
      if (!mine.is_latest()) co_return std::nullopt;
      auto claiming = restoring::claim(work, key, kept.text);
      const bool is_claimed = co_await std::move(claiming);
      if (outcome != outcomes::whole || !is_claimed) co_return std::nullopt;
      std::optional<kept_session> out = std::move(work->result);
      out->place = std::move(turn);
      co_return out;
    }
  } catch (const error& failed) {
    base::log(log_level::warn, "cluster", "a session could not be restored: " + failed.detail());
  }
  co_return std::nullopt;
}

}  // namespace cosio::inline v0_2::cluster
