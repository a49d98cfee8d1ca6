// Order and concurrency of one client's handlers.

#include "socketio/handler_queue.hpp"

#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"

namespace cosio::socketio {

void handler_queue::add(task<> work, on_failure failed) { jobs_.push_back({std::move(work), std::move(failed)}); }

void handler_queue::run() {
  while (!jobs_.empty() && has_room()) async::spawn(strand_, "socketio", work_off(shared_from_this()));
}

task<> handler_queue::work_off(std::shared_ptr<handler_queue> self) {
  while (!self->jobs_.empty() && self->has_room()) {
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
    if (thrown) base::guarded("socketio", [&] { now.failed(thrown); });
    if (!was_full) continue;
    const auto tell = self->on_room_;  // a copy: it may call close()
    if (tell) tell();
  }
}

}  // namespace cosio::socketio
