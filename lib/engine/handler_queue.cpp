// Order and concurrency of one client's handlers.

#include "engine/handler_queue.hpp"

#include <new>
#include <utility>

#include "async/spawn.hpp"
#include "base/flag_scope.hpp"
#include "base/logger.hpp"
#include "base/release.hpp"
#include "engine/turn.hpp"

namespace cosio::inline v0_2::engine {

void handler_queue::add(task<> work, on_failure failed, std::shared_ptr<running_event> of, std::size_t bytes) {
  bytes += overhead;
  jobs_.push_back({std::move(failed), running_event::pass(std::move(of)), std::move(work), bytes});
  bytes_ += bytes;
}

void handler_queue::run() {
  while (!between_ && may_start()) {
    if (idle_) {
      wake();
      continue;
    }
    try {
      async::spawn(owner_.handler_strand(), "engine", work_off(self()));
    } catch (const std::bad_alloc&) {
      stuck_ = true;
      return owner_.on_handlers_stuck(std::current_exception());
    }
  }
  if (next_ == jobs_.size()) exceeds_ = false;
}

void handler_queue::tell_room() {
  if (!tells_room_) return;
  or_stuck([this] {
    owner_.on_handler_room();
    leaves_waiting_ = !has_room();  // jobs may end without a wait, so that no end finds the queue full
  });
}

void handler_queue::wake() {
  auto resume = std::move(*idle_);
  idle_.reset();
  std::move(resume)();
}

void handler_queue::rest() {
  const bool was_ready = ready_;
  ready_ = false;
  if (!was_ready && idle_) wake();
}

void handler_queue::when_idle(std::function<void()> call) {
  tells_room_ = false;
  if (is_idle()) return call();
  if (when_idle_) call = [first = *when_idle_, then = std::move(call)] { first(), then(); };
  when_idle_ = std::make_unique<const std::function<void()>>(std::move(call));
}

void handler_queue::close() {
  tells_room_ = false;
  when_idle_ = nullptr;
  ready_ = false;
  if (idle_) wake();
  // Nobody will start them. They hold the client, which holds this queue.
  if (stuck_ && in_flight_ == 0 && !between_) drop_jobs();
}

void handler_queue::drop_jobs() noexcept {
  const auto gone = std::exchange(jobs_, {});
  for (std::size_t i = next_; i < gone.size(); ++i) bytes_ -= gone[i].bytes;
  next_ = 0;
}

// ---------------------------------------------------------------- handlers that wait for their client

handler_queue::wait_for_client::wait_for_client(handler_queue& queue)
    : queue_(queue.owner_.handler_strand().running_in_this_thread() ? &queue : nullptr) {
  if (queue_ == nullptr) return;
  const bool was_full = !queue_->has_room();
  ++queue_->waiting_;
  const bool all_wait = queue_->leaves_waiting_ && queue_->waits_for_client();
  if ((was_full && queue_->has_room()) || all_wait) queue_->post_room();
}

// Later: handlers that are started inside of a handler that begins to wait would nest on the stack.
void handler_queue::post_room() {
  if (room_posted_) return;
  or_stuck([this] {
    async::post(owner_.handler_strand(), "engine", [self = self()] {
      self->room_posted_ = false;
      self->or_stuck([&] { self->run(); });
      self->tell_room();
    });
    room_posted_ = true;
  });
}

// ---------------------------------------------------------------- one handler after the other

handler_queue::job handler_queue::take() noexcept {
  job first = std::move(jobs_[next_++]);
  if (next_ != jobs_.size()) {
    base::drop_taken(jobs_, next_);
    return first;
  }
  next_ = 0;
  exceeds_ = false;
  // An idle client holds no memory for jobs. While events come, room for a few is kept.
  if (jobs_.capacity() > 4 || !ready_) {
    base::release(jobs_);
  } else {
    jobs_.clear();
  }
  return first;
}

namespace {

constexpr std::size_t much = 8 * handler_queue::overhead;  // memory whose end the owner is told of at once

}  // namespace

task<> handler_queue::work_off(std::shared_ptr<handler_queue> self) {
  for (std::size_t in_turn = 0;;) {
    while (self->may_start()) {
      job now = self->take();
      ++self->in_flight_;
      self->counters_.add(base::counter::handlers);
      std::exception_ptr thrown;
      try {
        co_await std::move(now.work);
      } catch (...) {
        thrown = std::current_exception();
      }
      const bool was_full = !self->has_room();
      --self->in_flight_;
      self->bytes_ -= now.bytes;
      self->counters_.subtract(base::counter::handlers);
      self->after(now, thrown, was_full);
      if (++in_turn < per_turn || !self->may_start()) continue;
      in_turn = 0;
      try {
        co_await boost::asio::post(self->owner_.handler_strand(), boost::asio::use_awaitable);
      } catch (const std::bad_alloc&) {  // then it goes on without a break
      }
    }
    if (!self->ready_ || self->idle_) co_return;
    // While the coroutine waits, the queue owns it, and it does not own the queue.
    const std::weak_ptr<handler_queue> weak = self;
    auto stay = [queue = std::move(self)](resumption resume) mutable {
      const auto here = std::move(queue);
      here->idle_.emplace(std::move(resume));
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(stay),
                                                                                       boost::asio::use_awaitable);
    self = weak.lock();
    if (!self) co_return;
  }
}

// Tells that a job has ended. Handlers that are added meanwhile are taken up by the loop above, not by a coroutine
// inside of this one.
void handler_queue::after(job& ended, std::exception_ptr thrown, bool was_full) {
  const base::flag_scope between(between_);
  if (thrown) base::guarded("engine", [&] { ended.failed(thrown); });
  if (const auto event = ended.of.give_back()) base::guarded("engine", [&] { event->end(); });
  if (when_idle_ && is_idle()) {
    const auto once = std::exchange(when_idle_, nullptr);
    base::guarded("engine", [&] { (*once)(); });
  } else if (was_full || leaves_waiting_ || ended.bytes > much) {
    tell_room();
  }
}

}  // namespace cosio::inline v0_2::engine
