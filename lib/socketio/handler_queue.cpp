// Order and concurrency of one client's handlers.

#include "socketio/handler_queue.hpp"

#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"

namespace cosio::socketio {

void handler_queue::add(task<> work, on_failure failed, std::shared_ptr<turn> of) {
  jobs_.push_back({std::move(work), std::move(failed), std::move(of)});
}

void handler_queue::run() {
  while (!between_ && may_start()) async::spawn(strand_, "socketio", work_off(shared_from_this()));
}

task<> handler_queue::work_off(std::shared_ptr<handler_queue> self) {
  while (self->may_start()) {
    job now = std::move(self->jobs_.front());
    self->jobs_.pop_front();
    ++self->in_flight_;
    std::exception_ptr thrown;
    try {
      co_await std::move(now.work);
    } catch (...) {
      thrown = std::current_exception();
    }
    const bool was_full = !self->has_room();
    --self->in_flight_;
    self->after(now, thrown, was_full);
  }
}

// Tells who wants to know that a job has ended. What they add is taken up by the loop above, not by a coroutine inside of this one.
void handler_queue::after(job& ended, std::exception_ptr thrown, bool was_full) {
  const bool outer = std::exchange(between_, true);
  if (thrown) base::guarded("socketio", [&] { ended.failed(thrown); });
  const auto of = std::move(ended.of);
  if (of && of.use_count() == 1) base::guarded("socketio", [&] { of->end(); });
  const auto tell = on_room_;  // a copy: it may call close()
  if (was_full && tell) tell();
  between_ = outer;
}

}  // namespace cosio::socketio
