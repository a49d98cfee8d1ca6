// The adapter of a namespace whose servers exchange messages over a wire that keeps sessions: the store of sessions,
// and times in which events were lost.

#include <cosio/options.hpp>

#include <exception>
#include <utility>

#include "async/wait_until.hpp"
#include "base/logger.hpp"
#include "cluster/cluster_adapter.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// The time in which there must be room for what a session has missed, and the pause before it is looked again.
constexpr std::chrono::milliseconds room_patience{30'000};
constexpr std::chrono::milliseconds room_pause{50};

}  // namespace

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

cluster_returns::session_ptr cluster_adapter::begin_return(const std::string& pid) {
  const recovery_options* const offered = host().recovery();
  if (offered == nullptr) return nullptr;
  const auto now = host().timers().now();
  const base::lock_guard lock(mutex_);
  return returns_.begin(pid, now, host().timers().after(offered->max_disconnection_duration));
}

void cluster_adapter::end_return(const std::string& pid, const cluster_returns::session_ptr& begun) {
  const base::lock_guard lock(mutex_);
  returns_.end(pid, begun);
}

// Also a socket that was refused, and never was in: the session that it would have continued is over.
task<> cluster_adapter::remove(std::string id) {
  if (keeps_) {
    const base::lock_guard lock(mutex_);
    returns_.end_of_socket(id);
  }
  return local_adapter::remove(std::move(id));
}

bool cluster_adapter::hold_return(const cluster_returns::session_ptr& begun, const session_record& record,
                                  kept_session& kept) {
  const auto now = host().timers().now();
  const base::lock_guard lock(mutex_);
  if (returns_.hold(record.pid, begun, record.id, std::move(kept.events), std::move(kept.upto), now)) return true;
  returns_.end(record.pid, begun);
  return false;
}

// Live events are kept from before the store is asked until connect(). A client may try again before its last attempt
// is over: the later one counts.
task<std::shared_ptr<const session_record>> cluster_adapter::restore(self_ptr self, std::string pid,
                                                                     std::string offset) {
  const cluster_returns::session_ptr begun = self->begin_return(pid);
  if (!begun) co_return nullptr;
  std::optional<kept_session> kept;
  std::exception_ptr thrown;
  try {
    kept = co_await self->wire_->take_session(self->nsp_, pid, offset);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!kept || kept->record.pid != pid) self->end_return(pid, begun);
  if (thrown) std::rethrow_exception(thrown);
  if (!kept || kept->record.pid != pid) co_return nullptr;
  auto record = std::make_shared<session_record>(std::move(kept->record));
  // A client with a new socket may still have the offset of the old one: events before the new socket are not for it.
  if (record->since.empty() || (!offset.empty() && self->wire_->is_earlier(record->since, offset)))
    record->since = offset;
  auto waits = until_room(self, kept->events);
  co_await std::move(waits);
  if (!self->hold_return(begun, *record, *kept)) co_return nullptr;
  co_return record;
}

bool cluster_adapter::has_room_for(const std::vector<kept_session::missed>& events) {
  const auto now = host().timers().now();
  const base::lock_guard lock(mutex_);
  return returns_.has_room(events, now);
}

// Others send what they hold, or take nothing and are given up: both make room. Meanwhile kept_session::place keeps the
// wire from bringing more.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the caller keeps them while it waits
task<> cluster_adapter::until_room(self_ptr self, const std::vector<kept_session::missed>& events) {
  async::deadlines& timers = self->host().timers();
  const auto until = timers.after(room_patience);
  while (!self->has_room_for(events) && timers.now() < until)
    co_await async::wait_until(timers, timers.after(room_pause));
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
