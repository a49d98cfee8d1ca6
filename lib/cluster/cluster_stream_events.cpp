// The adapter of a namespace whose servers exchange messages over a wire that keeps sessions: events in their order.
//
// Such a wire brings all broadcasts, the own ones among them, in one order, and each has an offset. They are delivered
// in this order on every server. So the last offset that a client has says what it has: everything before it, and
// nothing behind it.

#include <algorithm>
#include <exception>
#include <utility>

#include "async/wait_until.hpp"
#include "cluster/cluster_adapter.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t event_overhead = 256;
// Outcomes of own broadcasts that nobody has asked for yet.
constexpr std::size_t max_outcomes = 10'000;

delivery outcome_of_one(const report& sum) {
  if (sum.queued != 0) return delivery::queued;
  if (sum.dropped != 0) return delivery::dropped;
  if (sum.over_budget != 0) return delivery::over_budget;
  return delivery::refused;
}

}  // namespace

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

}  // namespace cosio::inline v0_2::cluster
