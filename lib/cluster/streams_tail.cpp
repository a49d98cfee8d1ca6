// The end of one Redis stream.

#include "cluster/streams_tail.hpp"

#include <algorithm>
#include <utility>

#include "async/strand.hpp"
#include "base/logger.hpp"
#include "cluster/redis_slots.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again_pause{1'000};  // after an answer of Redis that is an error
// Between two looks at a stream that brings nothing. The answer has its first and its last entry, which may be long.
constexpr milliseconds quiet_look_interval{5'000};

std::size_t size_of(const stream_entry& entry) noexcept { return entry.data.size() + entry.nsp.size(); }

}  // namespace

publication outcome_of(const redis_value& reply) {
  if (!reply.ok()) return publication::failed(reply.text);
  if (!stream_id::parse(reply.text)) return publication::failed("Redis gave no id of an entry");
  return publication::taken(reply.text);
}

streams_tail::streams_tail(std::weak_ptr<wire_hub> hub, std::shared_ptr<redis_nodes> link, async::deadlines& timers,
                           streams_reading how)
    : hub_(std::move(hub)),
      link_(std::move(link)),
      slot_(redis_slot(how.stream)),
      timers_(timers),
      how_(std::move(how)),
      count_(how_.count),
      index_(how_.limits) {}

void streams_tail::start() {
  owned_by(weak_from_this());
  const auto weak = weak_from_this();
  link_->start(
      [weak] {
        if (const auto self = weak.lock()) self->look_around();
      },
      {},
      [weak](const std::string& why) {
        if (const auto self = weak.lock()) self->on_lost(why);
      });
}

void streams_tail::close() {
  disarm();
  ++life_;
  link_->close();
}

void streams_tail::listen(const std::shared_ptr<wire_listener>& who) {
  places_.insert_or_assign(who->nsp, place{who, last_id()});
}

void streams_tail::stop(std::string_view nsp, std::string_view uid) {
  const auto found = places_.find(nsp);
  if (found != places_.end() && found->second.who->uid == uid) places_.erase(found);
}

bool streams_tail::covers(std::string_view nsp, stream_id after) const {
  const auto start = start_of(nsp);
  return start && after >= *start;
}

std::optional<stream_id> streams_tail::start_of(std::string_view nsp) const {
  const auto found = places_.find(nsp);
  if (!has_begun_ || found == places_.end()) return std::nullopt;
  return std::max(index_.start(), found->second.since);
}

// ---------------------------------------------------------------- where reading begins

// The stream is looked at before it is read: it may have been trimmed, or be another one than before.
void streams_tail::look_around() {
  if (is_stuck_) return pass_over();
  const std::uint64_t life = ++life_;
  link_->command(slot_, {"XINFO", "STREAM", how_.stream}, [weak = weak_from_this(), life](const redis_value& reply) {
    const auto self = weak.lock();
    if (!self || life != self->life_) return;
    const auto found = stream_extent::of(reply);
    if (!found) {
      if (self->is_live_) self->interrupt();
      return self->on_trouble(reply.ok() ? "XINFO cannot be read" : reply.text);
    }
    self->begin_at(*found);
  });
}

void streams_tail::begin_at(const stream_extent& found) {
  const stream_id last = last_id();
  const bool is_first = !std::exchange(has_begun_, true);
  const bool is_another = found.last < last;  // Redis has lost its data
  const bool is_trimmed = last != stream_id() && found.last > last && (!found.first || *found.first > last);
  const async::time_point sound_at = std::exchange(looked_at_, timers_.now());
  is_another_ = false;
  if (is_another && is_live_) tell_another(found.last);
  if (is_first) {
    hand_over_all_before(found.last.next());
    for (auto& [nsp, one] : places_) one.since = found.last;
  } else if (is_another) {
    hand_over_all_before(stream_id(UINT64_MAX, UINT64_MAX));
  } else if (is_trimmed) {
    hand_over_all_before(found.first.value_or(found.last));
  }
  if (is_first || is_another) set_last(found.last);
  if (is_first || is_another || is_trimmed) index_.begin(is_trimmed ? found.before_first() : found.last);
  const bool was_live = std::exchange(is_live_, true);
  const bool has_lost = !is_first && (is_another || is_trimmed);
  is_told_trouble_ = false;
  read_at_ = timers_.now();
  if (const auto hub = hub_.lock()) {
    hub->ready(this, has_lost && !was_live);
    if (has_lost && was_live) hub->missed(std::chrono::duration_cast<milliseconds>(looked_at_ - sound_at));
  }
  read();
}

// A stream that was deleted, and whose entries have smaller ids than before, would bring nothing for ever: XREAD waits
// for greater ones, and says nothing about it.
bool streams_tail::should_look(const redis_value& reply) const {
  if (!reply.at(0).at(1).items.empty() || last_id() == stream_id()) return false;
  const auto since_look = timers_.now() - looked_at_;
  return is_another_ || since_look >= quiet_look_interval;
}

void streams_tail::tell_another(stream_id found) const {
  base::log(log_level::error, "cluster",
            "the Redis stream " + how_.stream + " is another one than before: it ends at " + found.text() +
                ", and was read up to " + last_id().text() + "; what came meanwhile is not received");
}

// Own messages that will not be read any more are received at last, in their order.
void streams_tail::hand_over_all_before(stream_id id) {
  std::map<stream_id, std::string> gone;
  for (const auto& [mark, what] : own_) {
    const auto at = stream_id::parse(what->outcome().offset);
    if (at && *at < id) gone.emplace(*at, mark);
  }
  for (const auto& [at, mark] : gone) {
    const auto found = own_.find(mark);
    const auto what = found->second;
    own_.erase(found);
    hand_over(what, at, what->bytes);
  }
}

// An answer that is too long ends the connection. Then fewer entries are asked for, so that others are not behind them
// for ever.
void streams_tail::on_lost(std::string_view why) {
  if (redis_reader::is_too_much(why)) {
    is_stuck_ = count_ == 1;
    count_ = std::max<std::size_t>(count_ / 8, 1);
  }
  interrupt();
}

// No command gives the id of an entry without the entry, and XINFO has the last one in it. So reading goes on from the
// time of Redis.
void streams_tail::pass_over() {
  const std::uint64_t life = ++life_;
  link_->command(slot_, {"TIME"}, [weak = weak_from_this(), life](const redis_value& reply) {
    const auto self = weak.lock();
    if (!self || life != self->life_) return;
    const auto seconds = reply.at(0).integer();
    const auto micros = reply.at(1).integer();
    if (!seconds || !micros) return self->on_trouble(reply.ok() ? "TIME cannot be read" : reply.text);
    const stream_id now(static_cast<std::uint64_t>(*seconds * 1'000 + *micros / 1'000), UINT64_MAX);
    base::log(log_level::error, "cluster",
              "an entry of the Redis stream " + self->how_.stream +
                  " is too long to be read: it is passed over, with all that were added before now");
    self->is_stuck_ = self->is_told_trouble_ = false;
    self->has_begun_ = self->is_live_ = true;
    self->read_at_ = self->timers_.now();
    const stream_id last = std::max(self->last_id(), now);
    self->hand_over_all_before(last.next());
    self->set_last(last);
    self->index_.begin(last);
    if (const auto hub = self->hub_.lock()) hub->ready(self.get(), true);
    self->read();
  });
}

void streams_tail::interrupt() {
  ++life_;
  is_live_ = false;
  disarm();
  for (const auto& [mark, what] : own_)
    if (what->outcome().ok) what->done->give();
  if (const auto hub = hub_.lock()) hub->lost(this);
}

void streams_tail::on_trouble(const std::string& problem) {
  if (!link_->connected()) return;  // the link says so, and connects again
  if (!std::exchange(is_told_trouble_, true)) {
    base::log(log_level::error, "cluster",
              "the Redis stream " + how_.stream + " cannot be read (" + problem + "): other servers are not heard");
  }
  timers_.arm_after(*this, look_again_pause);
}

void streams_tail::on_deadline() {
  const auto hub = hub_.lock();
  if (!hub) return;
  async::post(hub->strand(), "cluster", [self = shared_from_this()] {
    if (self->link_->connected()) self->look_around();
  });
}

// ---------------------------------------------------------------- reading

void streams_tail::read() {
  std::vector<std::string> words{
      "XREAD",     "BLOCK",         std::to_string(how_.block.count()), "COUNT", std::to_string(count_), "STREAMS",
      how_.stream, last_id().text()};
  link_->command(slot_, words, [weak = weak_from_this(), life = life_](redis_value reply) {
    const auto self = weak.lock();
    if (!self || life != self->life_) return;
    if (!reply.ok()) {
      self->interrupt();
      return self->on_trouble(reply.text);
    }
    if (!self->may_be_late(reply)) return self->go_on(reply);
    self->look_for_removed(std::move(reply));
  });
}

void streams_tail::go_on(const redis_value& reply) {
  if (reply.at(0).at(1).items.size() < count_) is_told_late_ = false;
  read_at_ = timers_.now();
  take(reply);
  count_ = std::min(how_.count, count_ * 2);
  if (should_look(reply)) return look_around();
  read();
}

// Whether entries may have been removed before they were read: then the answer has all that are left, or as many as
// were asked for.
bool streams_tail::may_be_late(const redis_value& reply) const {
  const std::size_t entries = reply.at(0).at(1).items.size();
  if (entries == 0 || last_id() == stream_id()) return false;
  if (entries >= count_ || (how_.kept_entries != 0 && entries >= how_.kept_entries)) return true;
  return how_.kept_age > milliseconds(0) && timers_.now() - read_at_ >= how_.kept_age / 2;
}

// The first entry of the stream says it. More may have been removed since the answer, so it says it rather too early.
void streams_tail::look_for_removed(redis_value reply) {
  const auto kept = std::make_shared<const redis_value>(std::move(reply));
  const std::vector<std::string> words{"XRANGE", how_.stream, "-", "+", "COUNT", "1"};
  link_->command(slot_, words, [weak = weak_from_this(), life = life_, kept](const redis_value& found) {
    const auto self = weak.lock();
    if (!self || life != self->life_) return;
    if (!found.ok()) {
      self->interrupt();
      return self->on_trouble(found.text);
    }
    const auto first = stream_id::parse(found.at(0).text_at(0));
    const auto next = stream_id::parse(kept->at(0).at(1).at(0).text_at(0));
    if (next && (!first || *first > self->last_id())) self->pass_over_removed(*next);
    self->go_on(*kept);
  });
}

void streams_tail::pass_over_removed(stream_id next) {
  const stream_id last = last_id();
  if (!std::exchange(is_told_late_, true)) {
    base::log(log_level::error, "cluster",
              "entries of the Redis stream " + how_.stream +
                  " were removed before this server has read them: raise streams_options::" +
                  (how_.kept_age > milliseconds(0) ? "max_age" : "max_len") + ", or give the server less to do");
  }
  hand_over_all_before(next);
  index_.begin(next.before());
  const std::uint64_t gap = next.ms - std::min(next.ms, last.ms);
  if (const auto hub = hub_.lock()) hub->missed(milliseconds(static_cast<std::int64_t>(gap)));
}

// [[stream, [[id, [field, value, …]], …]]], or nothing when the time was over.
void streams_tail::take(const redis_value& reply) {
  for (const redis_value& item : reply.at(0).at(1).items) {
    base::guarded("cluster", [&] { take_entry(item); });
    if (const auto id = stream_id::parse(item.text_at(0))) set_last(*id);
  }
}

void streams_tail::take_entry(const redis_value& item) {
  const auto entry = stream_entry::of(item);
  if (!entry) return;
  const auto found = places_.find(entry->nsp);
  if (found == places_.end()) return;
  const std::shared_ptr<wire_listener> who = found->second.who;
  if (entry->uid == who->uid) return take_own(*entry, size_of(*entry));
  auto message = read_entry(*entry);
  if (!message) return;
  keep(entry->id, *message, size_of(*entry));
  if (const auto hub = hub_.lock()) ++hub->load()->received;
  who->to->received(std::move(*message), entry->id.text());
}

void streams_tail::take_own(const stream_entry& entry, std::size_t bytes) {
  const auto found = own_.find(entry.mark);
  if (found != own_.end()) {
    const auto what = found->second;
    own_.erase(found);
    return hand_over(what, entry.id, bytes);
  }
  // It was delivered already, without an offset, because nobody knew whether Redis had taken it.
  if (!how_.keeps_sessions) return;
  if (const auto message = read_entry(entry)) keep(entry.id, *message, bytes);
}

void streams_tail::hand_over(const std::shared_ptr<own_message>& what, stream_id id, std::size_t bytes) {
  const publication outcome = publication::taken(id.text());
  what->set_outcome(outcome);
  const auto found = places_.find(what->message.nsp);
  if (how_.keeps_sessions && found != places_.end()) {
    const auto who = found->second.who;
    keep(id, what->message, bytes);
    base::guarded("cluster", [&] { who->to->received(std::move(what->message), outcome.offset); });
  }
  what->done->give();
}

void streams_tail::keep(stream_id id, const cluster_message& message, std::size_t bytes) {
  if (how_.keeps_sessions && can_be_missed(message))
    index_.add(id, std::make_shared<const cluster_message>(message), bytes);
}

void streams_tail::set_last(stream_id id) {
  {
    const base::lock_guard lock(last_mutex_);
    last_ = id;
  }
  while (!waiting_.empty() && waiting_.begin()->first <= id) {
    waiting_.begin()->second->give();
    waiting_.erase(waiting_.begin());
  }
}

stream_id streams_tail::last_id() const {
  const base::lock_guard lock(last_mutex_);
  return last_;
}

void streams_tail::wait_for(stream_id id, std::shared_ptr<confirmation> done) {
  if (has_read(id)) return done->give();
  waiting_.emplace(id, std::move(done));
}

void streams_tail::stop_waiting(const std::shared_ptr<confirmation>& done) {
  std::erase_if(waiting_, [&](const auto& one) { return one.second == done; });
}

// ---------------------------------------------------------------- own messages

void streams_tail::sending(const std::string& mark, std::shared_ptr<own_message> what) {
  what->after = last_id();
  own_.insert_or_assign(mark, std::move(what));
}

void streams_tail::sent(const std::string& mark, const redis_value& reply) {
  const auto found = own_.find(mark);
  if (found == own_.end()) return;  // it was read already, or nobody waits for it
  const auto what = found->second;
  publication outcome = outcome_of(reply);
  const auto id = stream_id::parse(outcome.offset);
  what->set_outcome(std::move(outcome));
  if (!id) {
    own_.erase(found);
    return what->done->give();
  }
  is_another_ = is_another_ || *id <= what->after;
  const bool waits = how_.keeps_sessions && is_live_;
  if (waits && *id > last_id()) return;  // it is about to be read
  if (waits || !how_.keeps_sessions) own_.erase(found);
  // It was added before reading began, and later ones may have been received: it has no place among them any more.
  if (waits) what->set_outcome(publication::taken());
  what->done->give();
}

void streams_tail::forget(const std::string& mark) {
  const auto found = own_.find(mark);
  if (found != own_.end() && !found->second->outcome().ok) own_.erase(found);
}

}  // namespace cosio::inline v0_2::cluster
