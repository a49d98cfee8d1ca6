// Order and concurrency of one client's handlers.

#include "engine/handler_queue.hpp"

#include <new>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/release.hpp"

namespace cosio::engine {

void handler_queue::add(task<> work, on_failure failed, std::shared_ptr<running_event> of) {
  jobs_.push_back({std::move(failed), running_event::pass(std::move(of)), std::move(work)});
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
      return owner_.on_handlers_stuck(std::current_exception());
    }
  }
}

void handler_queue::wake() {
  auto resume = std::move(*idle_);
  idle_.reset();
  std::move(resume)();
}

void handler_queue::rest() {
  if (!std::exchange(ready_, false) && idle_) wake();
}

void handler_queue::when_idle(std::function<void()> call) {
  tells_room_ = false;
  if (is_idle()) return call();
  when_idle_ = std::make_unique<const std::function<void()>>(std::move(call));
}

void handler_queue::close() {
  tells_room_ = false;
  when_idle_ = nullptr;
  ready_ = false;
  if (idle_) wake();
}

handler_queue::job handler_queue::take() noexcept {
  job first = std::move(jobs_[next_++]);
  if (next_ != jobs_.size()) return first;
  next_ = 0;
  // An idle client holds no memory for jobs. While events come, room for a few is kept.
  if (jobs_.capacity() > 4 || !ready_) {
    base::release(jobs_);
  } else {
    jobs_.clear();
  }
  return first;
}

task<> handler_queue::work_off(std::shared_ptr<handler_queue> self) {
  for (;;) {
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
      self->counters_.subtract(base::counter::handlers);
      self->after(now, thrown, was_full);
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
  const bool outer = std::exchange(between_, true);
  if (thrown) base::guarded("engine", [&] { ended.failed(thrown); });
  if (const auto event = ended.of.give_back()) base::guarded("engine", [&] { event->end(); });
  if (when_idle_ && is_idle()) {
    const auto once = std::exchange(when_idle_, nullptr);
    (*once)();
  } else if (was_full && tells_room_) {
    owner_.on_handler_room();
  }
  between_ = outer;
}

}  // namespace cosio::engine
