// The adapter of a namespace whose servers exchange messages over a wire: connection state recovery across servers.
//
// A wire that keeps sessions brings all broadcasts, the own ones among them, in one order, and each has an offset. They
// are delivered in this order on every server. So the last offset that a client has says what it has: everything before
// it, and nothing behind it.

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/options.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "adapter/recovery_log.hpp"
#include "async/wait_until.hpp"
#include "base/logger.hpp"
#include "cluster/cluster_adapter.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// A part of what was missed that is sent with the table locked is no longer than this.
constexpr std::size_t last_part_bytes = 4'096;
constexpr std::size_t event_overhead = 256;
// The pause before it is looked again whether this server has received what a session has.
constexpr std::chrono::milliseconds look_again{10};
// Outcomes of own broadcasts that nobody has asked for yet.
constexpr std::size_t max_outcomes = 10'000;

bool concerns(const target& to, const adapters::returning_session& who) {
  // An event for one socket names the room of its id, which the socket may have left.
  const bool is_own = to.rooms.size() == 1 && to.rooms.front() == who.record().id;
  return (to.everybody || is_own || who.is_in_any(to.rooms)) && !who.is_in_any(to.except);
}

delivery outcome_of_one(const report& sum) {
  if (sum.queued != 0) return delivery::queued;
  if (sum.dropped != 0) return delivery::dropped;
  if (sum.over_budget != 0) return delivery::over_budget;
  return delivery::refused;
}

}  // namespace

// ---------------------------------------------------------------- events in their place

// Another server's event, or one of this server that the stream brings back. What comes a second time is passed by.
void cluster_adapter::on_event_of_stream(cluster_message&& message, std::string_view offset) {
  if (has_received(offset)) return;
  const bool is_own = message.uid == uid_;
  report sum;
  if (!passes_by(message.to, offset)) {
    packet_ptr packet = encoded(message, std::nullopt);
    const bool is_kept = !message.to.flags.is_volatile && !offset.empty();
    if (is_kept) packet = packet->with_offset(offset);
    const std::size_t over = host().gather([&] {
      const base::lock_guard lock(mutex_);
      if (!offset.empty()) last_received_ = offset;
      sum = deliver_locked(*packet, message.to);
      if (!is_kept || !returns_.wants_events()) return;
      live_event event;
      event.bytes = event_overhead + packet->data().json().size();
      for (const binary& one : packet->data().attachments()) event.bytes += one.size();
      event.packet = packet;
      event.to = message.to;
      event.offset = offset;
      returns_.add(std::move(event), host().timers().now());
    });
    correct(sum, over);
    host().delivered(sum);
  }
  if (is_own) note_own(offset, sum);
}

bool cluster_adapter::has_received(std::string_view offset) const {
  if (offset.empty()) return false;
  const base::lock_guard lock(mutex_);
  return !last_received_.empty() && !wire_->is_earlier(last_received_, offset);
}

// Whether nobody here is meant, and nobody comes back who may be. Then only the place is noted.
bool cluster_adapter::passes_by(const target& to, std::string_view offset) {
  const base::lock_guard lock(mutex_);
  if (to.everybody || returns_.wants_events()) return false;
  if (std::any_of(to.rooms.begin(), to.rooms.end(), [this](const std::string& room) COSIO_REQUIRES(mutex_) {
        return local_adapter::table_.contains(room);
      }))
    return false;
  if (!offset.empty()) last_received_ = offset;
  return true;
}

task<report> cluster_adapter::broadcast_in_place(self_ptr self, packet_ptr packet, target to) {
  cluster_message what = self->event_message(packet, to);
  const publication how = co_await publish(self, std::move(what));
  report sum;
  if (how.ok && !how.offset.empty()) {
    sum = co_await own_outcome(self, how.offset);
  } else {
    sum = self->deliver(*packet, to);
  }
  count(sum, how);
  co_return sum;
}

task<delivery> cluster_adapter::emit(std::shared_ptr<local_socket> to, packet_ptr packet, emit_flags flags) {
  if (packet->ack_id()) return local_adapter::emit(std::move(to), std::move(packet), flags);
  return emit_in_place(shared_from_this(), std::move(to), std::move(packet), flags);
}

// An event for one socket goes to the room of its id, so that its client gets it on any server to which it comes back.
task<delivery> cluster_adapter::emit_in_place(self_ptr self, std::shared_ptr<local_socket> to, packet_ptr packet,
                                              emit_flags flags) {
  target only;
  only.everybody = false;
  only.rooms.push_back(to->id());
  only.flags = flags;
  cluster_message what = self->event_message(packet, std::move(only));
  const publication how = co_await publish(self, std::move(what));
  if (!how.ok || how.offset.empty()) co_return to->emit(*packet, flags);
  const report sum = co_await own_outcome(self, how.offset);
  co_return outcome_of_one(sum);
}

void cluster_adapter::note_own(std::string_view offset, const report& sum) {
  std::shared_ptr<async::suspension> wake;
  {
    const base::lock_guard lock(mutex_);
    outcome& one = own_[std::string(offset)];
    one.is_known = true;
    one.sum = sum;
    wake = one.waiting.lock();
    // Their broadcasts have failed in between: nobody will ask.
    if (own_.size() > max_outcomes)
      std::erase_if(own_, [](const auto& entry) { return entry.second.is_known && entry.second.waiting.expired(); });
  }
  if (wake) wake->end();
}

bool cluster_adapter::has_own_outcome(const std::string& offset, report& into) {
  const base::lock_guard lock(mutex_);
  const auto found = own_.find(offset);
  if (found == own_.end() || !found->second.is_known) return false;
  into = found->second.sum;
  own_.erase(found);
  return true;
}

bool cluster_adapter::await_own(const std::string& offset, const std::weak_ptr<async::suspension>& waiting) {
  const base::lock_guard lock(mutex_);
  outcome& one = own_[offset];
  one.waiting = waiting;
  return one.is_known;
}

// The stream brings the event back before publish() completes, as a rule. When the wire has lost the broker in between,
// nobody has got the event yet: it will be delivered in its place.
task<report> cluster_adapter::own_outcome(self_ptr self, std::string offset) {
  report sum;
  if (self->has_own_outcome(offset, sum)) co_return sum;
  auto started = [self, offset](const std::weak_ptr<async::suspension>& waiting) {
    if (!self->await_own(offset, waiting)) return;
    if (const auto alive = waiting.lock()) alive->end();
  };
  async::deadlines& timers = self->host().timers();
  std::exception_ptr thrown;
  try {
    co_await async::wait_until(timers, timers.after(self->settings_->requests_timeout), std::move(started));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!self->has_own_outcome(offset, sum)) self->forget_own(offset);
  if (thrown) std::rethrow_exception(thrown);
  co_return sum;
}

void cluster_adapter::forget_own(const std::string& offset) {
  const base::lock_guard lock(mutex_);
  if (const auto found = own_.find(offset); found != own_.end()) own_.erase(found);
}

// ---------------------------------------------------------------- joining

std::string cluster_adapter::latest_offset() const {
  std::string known = wire_->last_offset(nsp_);
  if (known.empty() || (!last_received_.empty() && wire_->is_earlier(known, last_received_))) return last_received_;
  return known;
}

task<admission> cluster_adapter::connect(std::shared_ptr<local_socket> who,
                                         std::shared_ptr<const session_record> resumed) {
  if (resumed) return resume(shared_from_this(), std::move(who), std::move(resumed));
  return connect_and_wait(shared_from_this(), std::move(who));
}

admission cluster_adapter::let_in(const std::shared_ptr<local_socket>& who) {
  admission out;
  host().gather([&] {
    changing([&](adapters::room_events* events) COSIO_REQUIRES(mutex_) {
      out.ok = put_in(who, events);
      if (keeps_) out.since = latest_offset();
    });
  });
  return out;
}

// The channel of a socket's own room, from before the socket is let in. The room has a member then, or it ends here.
class cluster_adapter::own_channel {
 public:
  own_channel(self_ptr self, std::string id) : self_(std::move(self)), id_(std::move(id)) {
    self_->rooms_->prepare(id_);
  }
  own_channel(const own_channel&) = delete;
  own_channel& operator=(const own_channel&) = delete;
  ~own_channel() {
    base::guarded("cluster", [this] {
      if (self_->rooms_->take_back(id_) && !self_->has_members(id_)) self_->rooms_->deleted(id_);
    });
  }

 private:
  const self_ptr self_;
  const std::string id_;
};

// The wait comes first: a client that knows that it has joined sends events, and its handlers must be there.
task<admission> cluster_adapter::connect_and_wait(self_ptr self, std::shared_ptr<local_socket> who) {
  if (!self->awaits_rooms()) co_return self->let_in(who);
  const own_channel channel(self, who->id());
  std::vector<std::string> rooms{who->id()};
  co_await until_subscribed(self, std::move(rooms));
  co_return self->let_in(who);
}

// Sends what a session has missed, and lets it in. One client's strand.
class cluster_adapter::resuming {
 public:
  resuming(self_ptr self, std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> from)
      : self_(std::move(self)), who_(std::move(who)), from_(std::move(from)), session_(*from_) {
    const base::lock_guard lock(self_->mutex_);
    state_ = self_->returns_.find(from_->pid);
  }
  resuming(const resuming&) = delete;
  resuming& operator=(const resuming&) = delete;
  ~resuming() {
    const base::lock_guard lock(self_->mutex_);
    self_->returns_.end(from_->pid);
  }

  bool is_known() const noexcept { return state_ != nullptr; }
  const std::vector<kept_session::missed>& missed() const noexcept { return state_->events; }

  // Sends an event from the store. @return whether the client goes on.
  bool send_missed(const kept_session::missed& one) {
    if (!is_wanted(one.message.to, one.offset) || one.message.to.flags.is_volatile) return true;
    cluster_message copy = one.message;
    const packet_ptr packet = self_->encoded(copy, std::nullopt);
    return send(*packet->with_offset(one.offset), one.offset);
  }

  // Lets the session in, unless much is still to be sent: that is in `some` then, and goes out first. It waits while
  // this server has not received yet what the session has: it would get that again.
  using step = returning_step;
  step next(std::vector<live_event>& some) {
    step done = step::ended;
    self_->host().gather([&] { done = self_->next_of(*this, some); });
    return done;
  }
  bool send(const outgoing_packet& packet, const std::string& offset) {
    if (who_->emit(packet, emit_flags()) != delivery::queued) return false;
    resent_ = offset;
    return true;
  }
  admission take() { return std::move(out_); }

 private:
  friend class cluster_adapter;

  bool is_wanted(const target& to, const std::string& offset) const {
    return concerns(to, session_) && (from_->since.empty() || self_->wire_->is_earlier(from_->since, offset));
  }
  bool is_live(const live_event& event) const {
    return is_wanted(event.to, event.offset) &&
           (state_->upto.empty() || self_->wire_->is_earlier(state_->upto, event.offset));
  }

  const self_ptr self_;
  const std::shared_ptr<local_socket> who_;
  const std::shared_ptr<const session_record> from_;
  const adapters::returning_session session_;
  std::shared_ptr<cluster_returns::session> state_;
  std::string resent_;
  admission out_;
};

cluster_adapter::returning_step cluster_adapter::next_of(resuming& of, std::vector<live_event>& some) {
  returning_step done = returning_step::ended;
  changing([&](adapters::room_events* events) COSIO_REQUIRES(mutex_) { done = next_locked(of, some, events); });
  return done;
}

cluster_adapter::returning_step cluster_adapter::next_locked(resuming& of, std::vector<live_event>& some,
                                                             adapters::room_events* events) {
  auto live = returns_.events_from(of.state_->next);
  if (returns_.find(of.from_->pid) != of.state_ || !live) return returning_step::ended;
  if (!of.state_->upto.empty() && wire_->is_earlier(latest_offset(), of.state_->upto)) return returning_step::wait;
  std::erase_if(*live, [&of](const live_event& event) { return !of.is_live(event); });
  std::size_t bytes = 0;
  for (const live_event& event : *live) bytes += event.bytes;
  of.state_->next = returns_.next_number();
  if (bytes > last_part_bytes) {
    some = std::move(*live);
    return returning_step::more;
  }
  for (const live_event& event : *live)
    if (!of.send(*event.packet, event.offset)) return returning_step::ended;
  of.out_.ok = put_in(of.who_, events);
  // The connection may be lost again before what was sent arrives.
  of.out_.since = of.resent_.empty() ? latest_offset() : of.from_->since;
  of.out_.resent = of.resent_;
  return of.out_.ok ? returning_step::in : returning_step::ended;
}

// As fast as the client reads. The session is let in with the last part, which is small or empty: the table is locked
// for it, so that nothing is lost or doubled in between.
task<admission> cluster_adapter::resume(self_ptr self, std::shared_ptr<local_socket> who,
                                        std::shared_ptr<const session_record> from) {
  const auto here = co_await boost::asio::this_coro::executor;
  resuming session(self, who, from);
  if (!session.is_known()) co_return admission(false);
  for (const kept_session::missed& one : session.missed()) {
    auto room = who->wait_for_room();
    co_await std::move(room);
    if (!session.send_missed(one)) co_return admission(false);
  }
  async::deadlines& timers = self->host().timers();
  const auto until = timers.after(self->settings_->requests_timeout);
  for (;;) {
    auto room = who->wait_for_room();
    co_await std::move(room);
    std::vector<live_event> some;
    const returning_step done = session.next(some);
    if (done == returning_step::ended) co_return admission(false);
    if (done == returning_step::wait) {
      if (timers.now() >= until) co_return admission(false);
      co_await async::wait_until(timers, timers.after(look_again));
      continue;
    }
    if (done == returning_step::in) break;
    for (const live_event& event : some) {
      auto more_room = who->wait_for_room();
      co_await std::move(more_room);
      if (!session.send(*event.packet, event.offset)) co_return admission(false);
    }
    co_await boost::asio::post(here, boost::asio::use_awaitable);
  }
  co_return session.take();
}

// ---------------------------------------------------------------- sessions

task<> cluster_adapter::persist_session(session_record record) { return save(shared_from_this(), std::move(record)); }

// A socket that was here while the wire may have lost messages cannot be led over them: its client begins anew.
bool cluster_adapter::spans_gap(const std::string& id) {
  const base::lock_guard lock(mutex_);
  const auto found = gapped_.find(id);
  if (found == gapped_.end()) return false;
  gapped_.erase(found);
  return true;
}

task<> cluster_adapter::save(self_ptr self, session_record record) {
  {
    const base::lock_guard lock(self->mutex_);
    self->returns_.end(record.pid);
  }
  const recovery_options* const offered = self->host().recovery();
  if (offered == nullptr || self->spans_gap(record.id)) co_return;
  const auto lifetime = std::chrono::ceil<milliseconds>(offered->max_disconnection_duration);
  co_await self->wire_->save_session(self->nsp_, std::move(record), lifetime);
}

task<std::shared_ptr<const session_record>> cluster_adapter::restore_session(std::string pid, std::string offset) {
  return restore(shared_from_this(), std::move(pid), std::move(offset));
}

bool cluster_adapter::begin_return(const std::string& pid) {
  const recovery_options* const offered = host().recovery();
  if (offered == nullptr) return false;
  const auto now = host().timers().now();
  const base::lock_guard lock(mutex_);
  return returns_.begin(pid, now, host().timers().after(offered->max_disconnection_duration));
}

void cluster_adapter::end_return(const std::string& pid) {
  const base::lock_guard lock(mutex_);
  returns_.end(pid);
}

bool cluster_adapter::hold_return(const std::string& pid, kept_session& kept) {
  const base::lock_guard lock(mutex_);
  if (returns_.hold(pid, std::move(kept.events), std::move(kept.upto))) return true;
  returns_.end(pid);
  return false;
}

// Live events are kept from before the store is asked until connect().
task<std::shared_ptr<const session_record>> cluster_adapter::restore(self_ptr self, std::string pid,
                                                                     std::string offset) {
  if (!self->begin_return(pid)) co_return nullptr;
  std::optional<kept_session> kept;
  std::exception_ptr thrown;
  try {
    kept = co_await self->wire_->take_session(self->nsp_, pid, offset);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!kept || kept->record.pid != pid) self->end_return(pid);
  if (thrown) std::rethrow_exception(thrown);
  if (!kept || kept->record.pid != pid) co_return nullptr;
  auto record = std::make_shared<session_record>(std::move(kept->record));
  // A client with a new socket may still have the offset of the old one: events before the new socket are not for it.
  if (record->since.empty() || (!offset.empty() && self->wire_->is_earlier(record->since, offset)))
    record->since = offset;
  if (!self->hold_return(pid, *kept)) co_return nullptr;
  co_return record;
}

// ---------------------------------------------------------------- the broker

void cluster_adapter::on_lost() { tell(cluster_event(cluster_event::kind::broker_lost, nsp_)); }

void cluster_adapter::on_restored(wire_gap gap) {
  if (keeps_ && gap.may_have_lost) note_gap();
  cluster_event what(cluster_event::kind::broker_restored, nsp_);
  what.gap = gap;
  tell(what);
}

void cluster_adapter::note_gap() {
  const std::vector<std::string> here = ids_of(target());
  {
    const base::lock_guard lock(mutex_);
    gapped_.clear();
    for (const std::string& id : here) gapped_.emplace(id, true);
    last_received_.clear();  // a broker that has lost its stream may count from the start
    returns_.end_all();
  }
  base::log(
      log_level::warn, "cluster",
      "clients of namespace " + nsp_ + " that were here while the broker was away begin anew when they come back");
}

}  // namespace cosio::inline v0_2::cluster
