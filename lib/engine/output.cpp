// The way out of one session: queueing and writing.

#include "engine/output.hpp"

#include <cosio/log.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/logger.hpp"
#include "engine/heartbeat.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::inline v0_2::engine {
namespace {

// The part of a cost that is charged to the account. It grows in steps: small packets to a client that reads cost no
// visit to the account.
constexpr std::size_t charged_for(std::size_t cost) noexcept {
  constexpr std::size_t step = 4'096;
  if (cost <= output::included_bytes) return 0;
  return (cost - output::included_bytes + step - 1) / step * step;
}

// For a client with more than max_queued_bytes before it. It begins anew as long as the client takes enough.
constexpr std::chrono::seconds time_to_read{5};

// The same for one packet that is larger by itself: a minute, or the time of a heartbeat if that is longer. So it ends
// only clients whose heartbeats go on though they read nothing.
std::chrono::milliseconds time_to_read_large(const engine_options& settings) noexcept {
  const auto pong = std::max(settings.ping_timeout, ping_timeout(settings, wire::revision::v3));
  return std::max<std::chrono::milliseconds>(std::chrono::seconds(60), settings.ping_interval + pong);
}

// Calls `work`. An exception (no memory) has lost frames, or the news of an end: then the session ends.
template <class F>
void or_broken(output& of, F work) noexcept {
  try {
    work();
  } catch (...) {
    of.on_broken(std::current_exception());
  }
}

}  // namespace

output::output(output_owner& owner, std::shared_ptr<session_host> host, async::strand strand)
    : owner_(owner), host_(std::move(host)), strand_(std::move(strand)), account_(host_->account_terms()) {}

// Frames whose write was never finished are charged until here.
output::~output() {
  account_.give_back(base::kept::frames, charged_for(outbox_.limited_cost()));
  account_.give_back(base::kept::frames, outbox_.large_cost(), base::counted_in::sums);
}

// Calls `tell` on the strand, later. If that fails (no memory), the session ends instead of waiting for ever.
template <class F>
void output::tell_owner(F tell) {
  async::post(strand_, "engine", [self = shared(), tell = std::move(tell)] {
    try {
      tell(*self);
    } catch (...) {
      self->on_broken(std::current_exception());
    }
  });
}

delivery output::send(std::span<const shared_frame> frames, bool is_volatile) {
  auto what = outbox::verdict::queued;
  bool schedule = false;
  bool watch = false;
  {
    const base::lock_guard lock(mutex_);
    if (!accepting_) return delivery::refused;
    const bool writable = outbox_.empty() && !writing_ && has_receiver();
    if (is_volatile && !writable) return delivery::dropped;
    what = push(frames);
    schedule = what != outbox::verdict::too_large && must_schedule();
    watch = outbox_.large_cost() != 0 && must_watch();
  }
  if (watch) watch_large();
  if (schedule) schedule_flush(owner_.shared_owner());
  if (what == outbox::verdict::queued) return delivery::queued;
  if (what == outbox::verdict::too_large) return refuse_too_large();
  if (judge_after_walk(owner_.shared_owner())) return delivery::queued;
  return judge() ? delivery::over_budget : delivery::queued;
}

// Queues frames, unless they are too large by themselves. @return over_limit: they are queued, and judge() comes next.
outbox::verdict output::push(std::span<const shared_frame> frames) {
  const costs before = current_costs();
  auto what = outbox_.push(frames, host_->settings().max_queued_bytes);
  if (what == outbox::verdict::too_large) return what;
  if (what == outbox::verdict::over_limit) outbox_.push_always(frames);
  if (tell_account(before) && over_account()) what = outbox::verdict::over_limit;
  note_crowding();
  return what;
}

// The packet repeats the same bytes more often than the limit allows. Its receiver has done nothing wrong, and stays.
delivery output::refuse_too_large() noexcept {
  host_->counters().hit(base::limit::max_queued_bytes);
  base::guarded("engine", [] {
    base::log(log_level::warn, "engine", "a packet is not sent: it repeats its attachments beyond max_queued_bytes");
  });
  return delivery::refused;
}

// A large packet is queued. @return whether the caller is to tell the owner, with watch_large().
bool output::must_watch() noexcept {
  if (behind_ || watched_) return false;
  watched_ = true;
  begin_time_to_read();
  return true;
}

void output::watch_large() noexcept {
  or_broken(*this, [this] { tell_owner([](output& self) { self.tell_time_to_read(); }); });
}

bool output::judge() noexcept {
  bool ends = false;
  or_broken(*this, [&] {
    write_more();
    ends = end_if_over(most_behind);
  });
  return ends;
}

// Writes what is gathered, and the rest of a write that the peer had no room for before.
void output::write_more() {
  std::shared_ptr<websocket_transport> to;
  {
    const base::lock_guard lock(mutex_);
    if (blocked_ && websocket_) {
      blocked_ = false;
      to = websocket_;
    }
  }
  if (to) {
    resume(to);
  } else {
    try_flush();
  }
}

// The owner knows of the time a moment later. An older deadline, which may be due before that, decides nothing.
void output::begin_time_to_read() noexcept {
  time_told_ = false;
  if (on_websocket_) taken_ = 0;
}

void output::tell_time_to_read() {
  bool large = false;
  {
    const base::lock_guard lock(mutex_);
    if (!behind_ && !watched_) return;
    time_told_ = true;
    large = !behind_;
  }
  owner_.on_output_behind(large ? time_to_read_large(host_->settings()) : time_to_read);
}

void output::end_if_behind() {
  or_broken(*this, [this] {
    write_more();  // a kernel tells late that it has room again
    judge_progress();
  });
}

void output::judge_progress() {
  bool was_behind = false;
  bool goes_on = false;
  {
    const base::lock_guard lock(mutex_);
    if ((behind_ || watched_) && !time_told_) return;
    was_behind = behind_;
    const bool was_watched = watched_;
    watched_ = false;
    if (!was_behind && outbox_.large_cost() == 0) return;
    const auto time = was_behind ? time_to_read : time_to_read_large(host_->settings());
    // The time for a large packet begins when nothing else is too much. Another thread that writes takes bytes.
    goes_on = takes_steadily(time / time_to_read) || (!was_behind && !was_watched) || (writing_ && !blocked_);
    behind_ = was_behind && goes_on;
    watched_ = !was_behind && goes_on;
  }
  if (goes_on) {
    owner_.on_output_behind(was_behind ? time_to_read : time_to_read_large(host_->settings()));
  } else if (was_behind) {
    end_if_over(1);
  } else {
    stop_accepting(false);
    end_for(base::limit::max_queued_bytes);
  }
}

void output::end_for(base::limit which) {
  host_->counters().hit(which);
  tell_owner([which](output& self) { self.owner_.on_output_overflow(which); });
}

std::size_t output::enough_to_take() const noexcept {
  return std::max<std::size_t>(host_->settings().max_queued_bytes / parts_to_take, 1);
}

// @param times  How many times to read have passed. @return whether the peer has taken enough for the next one, which
// begins with that. On polling an answer lasts for as many of them as it has parts.
bool output::takes_steadily(std::size_t times) noexcept {
  const std::size_t enough = enough_to_take();
  if (taken_ < enough) return false;
  taken_ = on_websocket_ || taken_ / enough <= times ? 0 : taken_ - enough * times;
  return true;
}

// @return whether the session is to end: more than so many times max_queued_bytes are queued, or more than the account
// allows. Above max_queued_bytes itself the client has time to read: it may not have had the chance yet.
bool output::end_if_over(std::size_t times) {
  const std::size_t limit = host_->settings().max_queued_bytes;
  const std::size_t most = limit > std::numeric_limits<std::size_t>::max() / times ? 0 : limit * times;
  auto which = base::limit::max_queued_bytes;
  bool fits = false;
  bool begins = false;  // the time to read
  {
    const base::lock_guard lock(mutex_);
    if (ended_ || (!accepting_ && times > 1)) return false;  // a session that closes has the time to read, too
    const bool within = outbox_.is_within(most);
    fits = within && !over_account();  // asked once: other threads change the account
    if (fits) {
      begins = !behind_ && !outbox_.is_within(limit);
      if (begins) {
        behind_ = true;
        watched_ = false;
        begin_time_to_read();
      }
    } else {
      if (within) which = base::limit::max_client_bytes;
      accepting_ = false;
      note_crowding();
    }
  }
  if (begins) tell_owner([](output& self) { self.tell_time_to_read(); });
  if (fits) return false;
  end_for(which);
  return true;
}

std::size_t output::charged_cost() const {
  const base::lock_guard lock(mutex_);
  return charged_for(outbox_.limited_cost());
}

bool output::send_first(const shared_frame& ping) {
  bool schedule = false;
  {
    const base::lock_guard lock(mutex_);
    if (!takes_heartbeats()) return false;
    const costs before = current_costs();
    outbox_.push_front(ping);
    tell_account(before);
    note_crowding();
    schedule = must_schedule();
  }
  if (schedule) schedule_flush(owner_.shared_owner());
  return true;
}

void output::send_pong(const shared_frame& pong) {
  bool schedule = false;
  {
    const base::lock_guard lock(mutex_);
    if (!takes_heartbeats()) return;
    const costs before = current_costs();
    // Another thread may write the first pongs of a turn while the next ones come.
    const bool behind = writing_ && outbox_.cost() > host_->settings().high_water_mark;
    if (blocked_ || behind || !has_receiver()) {
      outbox_.push_front(pong);
    } else {
      outbox_.push_always({&pong, 1});  // all pongs of one turn leave, in order
    }
    tell_account(before);
    note_crowding();
    schedule = must_schedule();
  }
  if (schedule) schedule_flush(owner_.shared_owner());
}

bool output::send_last(const shared_frame& close) {
  const base::lock_guard lock(mutex_);
  if (outbox_.empty()) return false;
  const costs before = current_costs();
  outbox_.push_always({&close, 1});
  tell_account(before);
  return true;
}

// Frames were queued. @return whether the caller is to put the session on the list of flush.hpp.
bool output::must_schedule() noexcept {
  if (scheduled_ || writing_ || !has_receiver()) return false;
  scheduled_ = true;
  return true;
}

void output::flush() noexcept {
  try {
    try_flush();
  } catch (...) {
    on_broken(std::current_exception());
  }
}

void output::try_flush() {
  frame_batch batch;
  std::shared_ptr<websocket_transport> to;
  {
    const base::lock_guard lock(mutex_);
    scheduled_ = false;
    if (writing_ || outbox_.empty() || !has_receiver()) return;
    to = websocket_;
    if (to) {
      writing_ = true;
      outbox_.take(batch);
    }
  }
  if (to) {
    write_all(to, batch);
  } else {
    async::run_on(strand_, [self = shared()] { self->owner_.answer_poll(); });
  }
}

// Writes until nothing is queued, or the peer has no room. writing_ is set, so nobody else does.
void output::write_all(const std::shared_ptr<websocket_transport>& to, frame_batch& batch) {
  for (;;) {
    std::size_t bytes = 0;
    std::size_t packets = 0;
    for (const shared_frame& f : batch) {
      bytes += f->size();
      packets += f->what() != frame::kind::raw ? 1U : 0U;
    }
    count(packets, bytes);
    const auto result = to->write(batch);
    if (result != websocket_transport::written::all) {
      note_unsent(*to, bytes, batch.size());
      const std::size_t left = to->unwritten_bytes();
      return on_stopped(to, result == websocket_transport::written::failed, bytes - std::min(bytes, left));
    }
    const std::size_t frames = batch.size();
    batch.clear();
    if (!settle_and_take(bytes, frames, bytes, batch)) return;
  }
}

// Part of a batch could not be written. All of its bytes count as queued until resume() has sent the rest; private
// copies count when they are larger.
void output::note_unsent(const websocket_transport& by, std::size_t bytes, std::size_t frames) {
  const std::size_t held = by.unsent_bytes();
  const base::lock_guard lock(mutex_);
  blocked_bytes_ = std::max(bytes, held);
  blocked_frames_ = static_cast<std::uint8_t>(frames);
  const costs before = current_costs();
  outbox_.grow(blocked_bytes_ - bytes);
  tell_account(before);
}

void output::on_stopped(const std::shared_ptr<websocket_transport>& to, bool lost, std::size_t taken) {
  {
    const base::lock_guard lock(mutex_);
    taken_ += taken;
    blocked_ = !lost;
  }
  tell_owner([to, lost](output& self) {
    if (lost) {
      self.lose(*to);
    } else {
      to->wait_writable();
    }
  });
}

// Frames were written. @return whether there is more to write; when there is not, nobody writes from now on.
bool output::settle_and_take(std::size_t bytes, std::size_t frames, std::size_t taken, frame_batch& batch) {
  bool awaited = false;
  bool closing = false;
  {
    const base::lock_guard lock(mutex_);
    taken_ += taken;
    awaited = settle(bytes, frames);
    outbox_.take(batch);
    if (batch.empty()) {
      writing_ = false;
      closing = !accepting_;
    }
  }
  if (awaited) end_waits();
  if (closing) tell_owner([](output& self) { self.owner_.on_output_idle(); });
  return !batch.empty();
}

void output::on_writable(websocket_transport& from) {
  {
    const base::lock_guard lock(mutex_);
    if (!blocked_) return;  // another thread resumes
    blocked_ = false;
  }
  resume(from.shared_from_this());
}

// Writes the rest of a batch, and then all that waits. The caller has reset blocked_, so nobody else does.
void output::resume(const std::shared_ptr<websocket_transport>& to) {
  const std::size_t before = to->unwritten_bytes();
  const auto result = to->resume();
  const std::size_t taken = before - to->unwritten_bytes();
  if (result != websocket_transport::written::all) {
    return on_stopped(to, result == websocket_transport::written::failed, taken);
  }
  std::size_t bytes = 0;
  std::size_t frames = 0;
  {
    const base::lock_guard lock(mutex_);
    bytes = std::exchange(blocked_bytes_, 0);
    frames = std::exchange(blocked_frames_, std::uint8_t{0});
  }
  frame_batch batch;
  if (settle_and_take(bytes, frames, taken, batch)) write_all(to, batch);
}

void output::lose(websocket_transport& by) {
  owner_.on_output_lost(
      reason(reason::kind::transport_close, "the connection was lost while sending: " + by.failure()));
  by.abort();
}

void output::count(std::size_t packets, std::size_t bytes) noexcept {
  host_->counters().add(base::counter::packets_out, packets);
  host_->counters().add(base::counter::bytes_out, bytes);
}

// Frames have left the outbox. @return whether somebody waits for that: the caller calls end_waits() without the lock.
bool output::settle(std::size_t bytes, std::size_t frames) noexcept {
  const costs before = current_costs();
  outbox_.sent(bytes, frames);
  tell_account(before);
  if (behind_ && outbox_.is_within(host_->settings().max_queued_bytes)) behind_ = false;
  progressed_ = true;
  note_crowding();
  return waiting_ != nullptr;
}

// The packet is the application's: it goes out whatever the account says, and refuses the client nothing else.
void output::charge_large(std::size_t before, std::size_t now) noexcept {
  if (now > before) account_.add(base::kept::frames, now - before, base::counted_in::sums);
  if (now < before) account_.give_back(base::kept::frames, before - now, base::counted_in::sums);
}

// Memory that is there is charged whatever the limit: push() and judge() look at that. @return whether more is charged.
bool output::charge(std::size_t cost_before, std::size_t cost) noexcept {
  const std::size_t before = charged_for(cost_before);
  const std::size_t now = charged_for(cost);
  if (now > before) account_.add(base::kept::frames, now - before);
  if (now < before) account_.give_back(base::kept::frames, before - now);
  return now > before;
}

polling_transport::payload output::take_open_payload(const polling_transport& by) {
  const base::lock_guard lock(mutex_);
  auto payload = by.take_payload(outbox_, host_->settings().max_payload);
  settle(payload.bytes, payload.frames);
  count(payload.packets, payload.bytes);
  return payload;
}

bool output::on_poll_held() {
  const base::lock_guard lock(mutex_);
  poll_held_ = true;
  return !outbox_.empty();
}

void output::on_poll_answered() {
  const base::lock_guard lock(mutex_);
  poll_held_ = false;
}

void output::answer(polling_transport& by) {
  polling_transport::payload payload;
  bool awaited = false;
  {
    const base::lock_guard lock(mutex_);
    if (outbox_.empty()) return;
    payload = by.take_payload(outbox_, host_->settings().max_payload);
    awaited = settle(payload.bytes, payload.frames);
    // The client asks again, so it has had the answer before. One part of that counts, for this one may be small.
    taken_ = payload.bytes + std::min(taken_, enough_to_take());
    poll_held_ = false;
  }
  by.take_held()->answer(200, std::move(payload.body), payload.binary, payload.compress);
  count(payload.packets, payload.bytes);
  if (awaited) end_waits();
}

}  // namespace cosio::inline v0_2::engine
