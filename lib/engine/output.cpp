// The way out of one session: queueing and writing.

#include "engine/output.hpp"

#include <boost/asio/post.hpp>

#include <limits>
#include <utility>

#include "engine/websocket_transport.hpp"

namespace cosio::engine {
namespace {

namespace asio = boost::asio;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

}  // namespace

output::output(output_owner& owner, std::shared_ptr<session_host> host, async::strand strand)
    : owner_(owner), host_(std::move(host)), strand_(std::move(strand)) {}

delivery output::send(std::span<const shared_frame> frames, bool is_volatile) {
  bool over = false;
  bool schedule = false;
  {
    const base::lock_guard lock(mutex_);
    if (!accepting_) return delivery::refused;
    const bool writable = outbox_.empty() && !writing_ && has_receiver();
    if (is_volatile && !writable) return delivery::dropped;
    over = outbox_.push(frames, host_->settings().max_queued_bytes) == outbox::verdict::over_limit;
    if (over) accepting_ = false;
    note_crowding();
    schedule = !over && must_schedule();
  }
  if (over) {
    host_->counters().hit(base::limit::max_queued_bytes);
    asio::post(strand_, [self = shared()] { self->owner_.on_output_overflow(); });
    return delivery::over_budget;
  }
  if (schedule) schedule_flush(owner_.shared_from_this());
  return delivery::queued;
}

bool output::send_first(const shared_frame& ping) {
  bool schedule = false;
  {
    const base::lock_guard lock(mutex_);
    if (ended_ || (!accepting_ && outbox_.bytes() == 0)) return false;
    outbox_.push_front(ping);
    note_crowding();
    schedule = must_schedule();
  }
  if (schedule) schedule_flush(owner_.shared_from_this());
  return true;
}

bool output::send_last(const shared_frame& close) {
  const base::lock_guard lock(mutex_);
  if (outbox_.empty()) return false;
  return outbox_.push({&close, 1}, no_limit) == outbox::verdict::queued;
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
      return on_stopped(to, bytes, result == websocket_transport::written::failed);
    }
    batch.clear();
    if (!settle_and_take(bytes, batch)) return;
  }
}

// Part of a batch could not be written. All of its bytes count as queued until on_writable() has sent the rest.
void output::on_stopped(const std::shared_ptr<websocket_transport>& to, std::size_t bytes, bool lost) {
  {
    const base::lock_guard lock(mutex_);
    blocked_bytes_ = bytes;
  }
  asio::post(strand_, [self = shared(), to, lost] {
    if (lost) {
      self->lose(*to);
    } else {
      to->wait_writable();
    }
  });
}

// Bytes were written. @return whether there is more to write; when there is not, nobody writes from now on.
bool output::settle_and_take(std::size_t written, frame_batch& batch) {
  bool awaited = false;
  bool closing = false;
  {
    const base::lock_guard lock(mutex_);
    awaited = settle(written);
    outbox_.take(batch);
    if (batch.empty()) {
      writing_ = false;
      closing = !accepting_;
    }
  }
  if (awaited) end_waits();
  if (closing) asio::post(strand_, [self = shared()] { self->owner_.on_output_idle(); });
  return !batch.empty();
}

void output::on_writable(websocket_transport& from) {
  const auto result = from.resume();
  if (result == websocket_transport::written::blocked) return from.wait_writable();
  if (result == websocket_transport::written::failed) return lose(from);
  frame_batch batch;
  std::shared_ptr<websocket_transport> to;
  bool awaited = false;
  {
    const base::lock_guard lock(mutex_);
    awaited = settle(std::exchange(blocked_bytes_, 0));
    to = websocket_;
    outbox_.take(batch);
    if (batch.empty()) writing_ = false;
  }
  if (awaited) end_waits();
  if (!batch.empty() && to) {
    write_all(to, batch);
  } else {
    owner_.on_output_idle();
  }
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

// Bytes have left the outbox. @return whether somebody waits for that: the caller calls end_waits() without the lock.
bool output::settle(std::size_t bytes) noexcept {
  outbox_.sent(bytes);
  progressed_ = true;
  note_crowding();
  return waiting_ != nullptr;
}

void output::note_crowding() noexcept {
  const bool crowded = accepting_ && outbox_.bytes() > host_->settings().high_water_mark;
  if (crowded != crowded_.load(std::memory_order_relaxed)) crowded_.store(crowded, std::memory_order_relaxed);
}

polling_transport::payload output::take_open_payload(const polling_transport& by) {
  const base::lock_guard lock(mutex_);
  auto payload = by.take_payload(outbox_, host_->settings().max_payload);
  outbox_.sent(payload.bytes);
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
    awaited = settle(payload.bytes);
    poll_held_ = false;
  }
  by.take_held()->answer(200, std::move(payload.body), payload.binary, payload.compress);
  count(payload.packets, payload.bytes);
  if (awaited) end_waits();
}

}  // namespace cosio::engine
