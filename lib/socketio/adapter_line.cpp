// The starts and the ends of the adapters of one name.

#include "socketio/adapter_line.hpp"

#include <exception>
#include <utility>

#include "async/spawn.hpp"

namespace cosio::inline v0_2::socketio {

// Held by a coroutine that runs steps. When that is destroyed with its io_context, no step is left: steps hold
// namespaces, which hold the line.
class adapter_line::runner {
 public:
  explicit runner(std::shared_ptr<adapter_line> of) noexcept : of_(std::move(of)) {}
  runner(runner&& other) noexcept : of_(std::move(other.of_)), has_step_(std::exchange(other.has_step_, false)) {}
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  ~runner() {
    if (of_) of_->give_up(has_step_);
  }
  /// The next step; empty when there is none, or somebody else runs it. Then the runner is done.
  step take() {
    step next = of_->take(has_step_);
    has_step_ = next != nullptr;
    if (!has_step_) of_ = nullptr;
    return next;
  }

 private:
  std::shared_ptr<adapter_line> of_;
  bool has_step_ = false;
};

bool adapter_line::add(step next) {
  steps_.push_back(std::move(next));
  return true;
}

bool adapter_line::open(adapter_state& state, step start) {
  const base::lock_guard lock(mutex_);
  return !std::exchange(state.is_open_, true) && add(std::move(start));
}

bool adapter_line::close(adapter_state& state, step end) {
  const base::lock_guard lock(mutex_);
  return std::exchange(state.is_open_, false) && add(std::move(end));
}

void adapter_line::run(const async::executor& on) {
  {
    const base::lock_guard lock(mutex_);
    if (is_busy_ || is_scheduled_ || steps_.empty()) return;
    is_scheduled_ = true;
  }
  async::spawn(on, "socketio", run_steps(runner(shared_from_this())));
}

adapter_line::step adapter_line::take(bool has_one) {
  const base::lock_guard lock(mutex_);
  is_scheduled_ = false;
  if (is_busy_ && !has_one) return nullptr;
  is_busy_ = !steps_.empty();
  if (!is_busy_) return nullptr;
  step next = std::move(steps_.front());
  steps_.pop_front();
  return next;
}

// A coroutine was destroyed before it was done.
void adapter_line::give_up(bool had_one) noexcept {
  std::list<step> gone;  // destroyed without the lock
  const base::lock_guard lock(mutex_);
  is_scheduled_ = false;
  if (is_busy_ && !had_one) return;
  is_busy_ = false;
  gone.swap(steps_);
}

task<> adapter_line::run_steps(runner of) {
  for (step next = of.take(); next; next = of.take()) {
    try {
      auto work = next();
      co_await std::move(work);
    } catch (...) {
      async::report("socketio", std::current_exception());
    }
  }
}

bool adapter_line::is_busy() const {
  const base::lock_guard lock(mutex_);
  return is_busy_;
}

void adapter_line::add_end(std::shared_ptr<async::suspension> waiting) {
  {
    const base::lock_guard lock(mutex_);
    if (is_busy_) {
      steps_.emplace_back([waiting = std::move(waiting)] {
        waiting->end();
        return async::nothing();
      });
      return;
    }
  }
  waiting->end();
}

task<> adapter_line::until_done(std::shared_ptr<adapter_line> self) {
  auto work = run_steps(runner(self));
  co_await std::move(work);
  if (!self->is_busy()) co_return;
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) { self->add_end(std::move(waiting)); };
  co_await async::wait(std::move(hand_out));
}

}  // namespace cosio::inline v0_2::socketio
