// One client's Engine.IO life: what goes out. Any thread.

#include <boost/asio/post.hpp>

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::engine {
namespace {

namespace asio = boost::asio;

reason lost_while_sending(const websocket_transport& by) {
  return reason(reason::kind::transport_close, "the connection was lost while sending: " + by.failure());
}

}  // namespace

delivery session::send(std::span<const shared_frame> frames, bool is_volatile) {
  bool schedule = false;
  bool over = false;
  {
    const base::lock_guard lock(mutex_);
    if (!accepting_) return delivery::refused;
    const bool writable = outbox_.empty() && !writing_ && (websocket_ || poll_held_);
    if (is_volatile && !writable) return delivery::dropped;
    over = outbox_.push(frames, host_->settings().max_queued_bytes) == outbox::verdict::over_limit;
    if (over) accepting_ = false;
    note_crowding();
    if (!over && !scheduled_ && !writing_ && (websocket_ || poll_held_)) {
      schedule = scheduled_ = true;
    }
  }
  if (over) {
    host_->counters().hit(base::limit::max_queued_bytes);
    auto why = reason(reason::kind::slow_consumer, "more than max_queued_bytes would wait for this client");
    asio::post(strand_,
               [self = shared_from_this(), why = std::move(why)]() mutable { self->close(std::move(why), true); });
    return delivery::over_budget;
  }
  if (schedule) schedule_flush(shared_from_this());
  return delivery::queued;
}

// In front of what is queued: however much that is, the client sees the ping in time.
void session::send_first(const shared_frame& ping) {
  bool schedule = false;
  {
    const base::lock_guard lock(mutex_);
    if (!accepting_) return;
    outbox_.push_front(ping);
    note_crowding();
    if (!scheduled_ && !writing_ && (websocket_ || poll_held_)) schedule = scheduled_ = true;
  }
  if (schedule) schedule_flush(shared_from_this());
}

void session::flush() noexcept {
  try {
    flush_now();
  } catch (...) {
    give_up_output(std::current_exception());
  }
}

// No memory: what was taken from the outbox is lost, so the session ends, with the timer.
void session::give_up_output(const std::exception_ptr& thrown) noexcept {
  base::log_thrown("engine", {"session ", short_id(), "…: could not send"}, thrown);
  {
    const base::lock_guard lock(mutex_);
    broken_ = true;
  }
  base::guarded("engine", [this] { host_->timers().arm_after(*this, std::chrono::milliseconds(0)); });
}

void session::flush_now() {
  frame_batch batch;
  std::shared_ptr<websocket_transport> to;
  bool polling = false;
  {
    const base::lock_guard lock(mutex_);
    scheduled_ = false;
    if (writing_ || outbox_.empty()) return;
    polling = !websocket_;
    if (polling && !poll_held_) return;
    if (!polling) {
      writing_ = true;
      to = websocket_;
      outbox_.take(batch);
    }
  }
  if (polling) {
    // The held GET lives on the strand.
    async::run_on(strand_, [self = shared_from_this()] { self->flush_polling(); });
  } else {
    pump(to, batch);
  }
}

// Writes until the outbox is empty or the peer has no room. writing_ is set: nobody else does.
void session::pump(const std::shared_ptr<websocket_transport>& to, frame_batch& batch) {
  for (;;) {
    std::size_t bytes = 0;
    std::size_t packets = 0;
    for (const shared_frame& f : batch) {
      bytes += f->size();
      packets += f->what() != frame::kind::raw ? 1U : 0U;
    }
    count_out(packets, bytes);
    const auto result = to->write(batch);
    if (result != websocket_transport::written::all) {
      // Bytes of a blocked batch count until it is through: on_writable() settles them.
      {
        const base::lock_guard lock(mutex_);
        blocked_bytes_ = bytes;
      }
      asio::post(strand_, [self = shared_from_this(), to, result] {
        if (result == websocket_transport::written::blocked) {
          to->wait_writable();
        } else {
          self->end(lost_while_sending(*to));
          to->abort();
        }
      });
      return;
    }
    batch.clear();
    bool finish = false;
    bool awaited = false;
    {
      const base::lock_guard lock(mutex_);
      awaited = settle(bytes);
      outbox_.take(batch);
      if (batch.empty()) {
        writing_ = false;
        finish = !accepting_;
      }
    }
    if (awaited) tell_waiting();
    if (finish) {
      asio::post(strand_, [self = shared_from_this()] {
        if (self->state_ == state::closing) self->finish_close();
      });
    }
    if (batch.empty()) return;
  }
}

void session::count_out(std::size_t packets, std::size_t bytes) noexcept {
  host_->counters().add(base::counter::packets_out, packets);
  host_->counters().add(base::counter::bytes_out, bytes);
}

void session::on_writable(websocket_transport& from) {
  const auto result = from.resume();
  if (result == websocket_transport::written::blocked) return from.wait_writable();
  if (result == websocket_transport::written::failed) {
    end(lost_while_sending(from));
    return from.abort();
  }
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
  if (awaited) tell_waiting();
  if (!batch.empty() && to) {
    pump(to, batch);
  } else if (state_ == state::closing) {
    finish_close();
  }
}

// With mutex_ held: bytes have left the outbox. @return whether somebody waits for that: see tell_waiting().
bool session::settle(std::size_t bytes) noexcept {
  outbox_.sent(bytes);
  took_ = true;
  note_crowding();
  return waiting_ != nullptr;
}

// Those who wait for room go on below half of the mark.
void session::tell_waiting() {
  waiters done;
  {
    const base::lock_guard lock(mutex_);
    if (!waiting_) return;
    if (outbox_.bytes() <= host_->settings().high_water_mark / 2) done.for_room.swap(waiting_->for_room);
    if (outbox_.bytes() == 0) done.for_empty.swap(waiting_->for_empty);
    if (waiting_->for_room.empty() && waiting_->for_empty.empty()) waiting_ = nullptr;
  }
  for (const auto& w : done.for_room) w->end();
  for (const auto& w : done.for_empty) w->end();
}

// With mutex_ held.
void session::note_crowding() noexcept {
  const bool crowded = accepting_ && outbox_.bytes() > host_->settings().high_water_mark;
  if (crowded != crowded_.load(std::memory_order_relaxed)) crowded_.store(crowded, std::memory_order_relaxed);
}

task<> session::wait_for_room() {
  const auto self = shared_from_this();
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) {
    {
      const base::lock_guard lock(self->mutex_);
      if (self->accepting_ && self->outbox_.bytes() > self->host_->settings().high_water_mark / 2) {
        self->waiting().for_room.push_back(std::move(waiting));
        return;
      }
    }
    waiting->end();
  };
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  if (ec) throw boost::system::system_error(ec);
}

task<bool> session::wait_until_sent(std::shared_ptr<session> self) {
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) {
    bool ended = false;
    {
      const base::lock_guard lock(self->mutex_);
      ended = self->ended_;
      if (!ended && self->outbox_.bytes() != 0) {
        self->waiting().for_empty.push_back(std::move(waiting));
        return;
      }
    }
    waiting->end(ended ? make_error_code(errc::disconnected) : boost::system::error_code());
  };
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  if (ec && ec != make_error_code(errc::disconnected)) throw boost::system::system_error(ec);
  co_return !ec;
}

std::size_t session::buffered() const {
  const base::lock_guard lock(mutex_);
  return outbox_.bytes();
}

bool session::on_websocket() const {
  const base::lock_guard lock(mutex_);
  return on_websocket_;
}

// With mutex_ held.
session::waiters& session::waiting() {
  if (!waiting_) waiting_ = std::make_unique<waiters>();
  return *waiting_;
}

bool session::is_open() const {
  const base::lock_guard lock(mutex_);
  return accepting_;
}

}  // namespace cosio::engine
