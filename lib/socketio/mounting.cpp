// Where a server is mounted.

#include "socketio/mounting.hpp"

#include <cosio/error.hpp>

#include <utility>

namespace cosio::inline v0_2::socketio {

mounting::mounting(std::shared_ptr<async::runtime> runtime, engine_ptr engine) noexcept
    : runtime_(std::move(runtime)), engine_(std::move(engine)) {}

std::shared_ptr<async::runtime> mounting::runtime() const {
  const base::lock_guard lock(mutex_);
  return runtime_;
}

async::deadlines& mounting::timers() const noexcept {
  const base::lock_guard lock(mutex_);
  return runtime_->timers();
}

mounting::engine_ptr mounting::engine() const {
  const base::lock_guard lock(mutex_);
  return engine_;
}

std::vector<mounting::engine_ptr> mounting::engines() const {
  const base::lock_guard lock(mutex_);
  auto all = others_;
  all.push_back(engine_);
  return all;
}

std::uint64_t mounting::counted(base::counter what) const {
  std::uint64_t sum = 0;
  const base::lock_guard lock(mutex_);
  for (const auto& other : others_) sum += other->counters().sum(what);
  return sum + engine_->counters().sum(what);
}

std::optional<http::app> mounting::own_app() const {
  const base::lock_guard lock(mutex_);
  return app_;
}

bool mounting::attached() const {
  const base::lock_guard lock(mutex_);
  return attached_;
}

bool mounting::attach() {
  const base::lock_guard lock(mutex_);
  return !std::exchange(attached_, true);
}

void mounting::own(http::app app) {
  const base::lock_guard lock(mutex_);
  app_ = std::move(app);
}

std::optional<http::app> mounting::disown() {
  const base::lock_guard lock(mutex_);
  return std::exchange(app_, std::nullopt);
}

std::optional<http::app> mounting::move_to(std::shared_ptr<async::runtime> runtime) {
  const base::lock_guard lock(mutex_);
  runtime_.swap(runtime);  // the old one goes after the lock
  return std::exchange(app_, std::nullopt);
}

mounting::bound mounting::bind(const engine_ptr& engine) {
  bound result;
  engine_ptr last = engine;  // then the one that was replaced, which goes after the lock
  std::shared_ptr<async::runtime> runtime = engine->shared_runtime();
  const base::lock_guard lock(mutex_);
  if (app_ && !attached_) {
    result.moved = true;
    result.before = std::exchange(app_, std::nullopt);
    runtime_.swap(runtime);
  } else if (&runtime->context() != &runtime_->context()) {
    throw error(
        errc::not_supported,
        "the engine runs on another io_context than this server: make the server with it, or both with one executor");
  } else if (attached_) {
    others_.push_back(engine_);
  }
  attached_ = true;
  engine_.swap(last);
  return result;
}

}  // namespace cosio::inline v0_2::socketio
