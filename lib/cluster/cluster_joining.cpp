// The adapter of a namespace whose servers exchange messages over a wire: clients that are let in, and those that come
// back with what they have missed.

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "adapter/recovery_log.hpp"
#include "async/wait_until.hpp"
#include "base/logger.hpp"
#include "cluster/cluster_adapter.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// A part of what was missed that is sent with the table locked is no longer than this.
constexpr std::size_t last_part_bytes = 4'096;
// The pause before it is looked again whether this server has received what a session has.
constexpr std::chrono::milliseconds look_again{10};

bool concerns(const target& to, const adapters::returning_session& who) {
  // An event for one socket names the room of its id, which the socket may have left.
  const bool is_own = to.rooms.size() == 1 && to.rooms.front() == who.record().id;
  return (to.everybody || is_own || who.is_in_any(to.rooms)) && !who.is_in_any(to.except);
}

}  // namespace

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
    self_->returns_.end(from_->pid, state_);
  }

  bool is_known() const noexcept { return state_ != nullptr; }
  std::optional<kept_session::missed> next_missed() {
    const auto now = self_->host().timers().now();
    const base::lock_guard lock(self_->mutex_);
    return self_->returns_.next_missed(from_->pid, state_, now);
  }

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
  cluster_returns::session_ptr state_;
  std::string resent_;
  admission out_;
};

cluster_adapter::returning_step cluster_adapter::next_of(resuming& of, std::vector<live_event>& some) {
  returning_step done = returning_step::ended;
  changing([&](adapters::room_events* events) COSIO_REQUIRES(mutex_) { done = next_locked(of, some, events); });
  return done;
}

// Live events that were dropped while a session waited for its turn are among those that the store has brought, unless
// they are behind the place up to which that is whole.
bool cluster_adapter::has_all_live(const cluster_returns::session& of) const {
  if (!returns_.has_dropped(of.next)) return true;
  return !of.upto.empty() && !wire_->is_earlier(of.upto, returns_.dropped());
}

cluster_adapter::returning_step cluster_adapter::next_locked(resuming& of, std::vector<live_event>& some,
                                                             adapters::room_events* events) {
  if (returns_.find(of.from_->pid) != of.state_ || !has_all_live(*of.state_)) return returning_step::ended;
  if (!of.state_->upto.empty() && wire_->is_earlier(latest_offset(), of.state_->upto)) return returning_step::wait;
  std::vector<live_event> live = returns_.events_from(of.state_->next);
  std::erase_if(live, [&of](const live_event& event) { return !of.is_live(event); });
  std::size_t bytes = 0;
  for (const live_event& event : live) bytes += event.bytes;
  of.state_->next = returns_.next_number();
  if (bytes > last_part_bytes) {
    some = std::move(live);
    return returning_step::more;
  }
  for (const live_event& event : live)
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
  for (;;) {
    auto room = who->wait_for_room();
    co_await std::move(room);
    const std::optional<kept_session::missed> one = session.next_missed();
    if (!one) break;
    if (!session.send_missed(*one)) co_return admission(false);
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

}  // namespace cosio::inline v0_2::cluster
