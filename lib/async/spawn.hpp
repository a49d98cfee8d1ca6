// Starting a coroutine that nobody awaits. Exceptions that leave it are reported, never dropped.

#pragma once
#include <boost/asio/co_spawn.hpp>

#include <cosio/hook.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::async {

/// Logs an exception that has left a coroutine: at level error, or at level debug if it is a cancellation.
void report(std::string_view component, const std::exception_ptr& escaped) noexcept;

/// A task that is done already.
task<> nothing();

/// Whether a coroutine ends with this when the object that it waited for has gone: operation_aborted or
/// errc::disconnected.
bool is_end(const std::exception_ptr& escaped) noexcept;

/// Runs `work` on this thread until it ends or waits; a coroutine that waits is never resumed. For work that must be
/// done when there is no io_context any more.
void run_aside(std::string_view component, task<> work) noexcept;

/// Starts `work` on `on`: before this returns if `on` is the running strand.
template <class Executor>
void spawn(const Executor& on, std::string_view component, task<> work) {
  boost::asio::co_spawn(on, std::move(work), [component](std::exception_ptr e) {
    if (e) report(component, e);
  });
}

/// Awaits `work`, then calls `ended`, also when an exception has left it. Without a call when it is destroyed.
template <class F>
task<> with_end(task<> work, F ended) {
  std::exception_ptr thrown;
  try {
    co_await std::move(work);
  } catch (...) {
    thrown = std::current_exception();
  }
  ended();
  if (thrown) std::rethrow_exception(thrown);
}

/// The same, and calls `ended` on `on` when the coroutine has ended: before this returns if it ends without waiting.
template <class Executor, class F>
void spawn(const Executor& on, std::string_view component, task<> work, F ended) {
  spawn(on, component, with_end(std::move(work), std::move(ended)));
}

/// Starts the coroutine that a hook has returned. An empty task is that of a plain function, which has run: then there
/// is nothing to start.
template <class Executor>
void start(const Executor& on, std::string_view component, task<> work) {
  if (work.valid()) spawn(on, component, std::move(work));
}

/// Starts coroutines that belong to no client, so many at once and no more. Any thread.
class bounded_start {
 public:
  explicit bounded_start(std::size_t most) : most_(most) {}
  std::size_t most() const noexcept { return most_; }

  /// As start(). @return false when so many run already: then the coroutine is destroyed, and has not run.
  template <class Executor>
  bool start(const Executor& on, std::string_view component, task<> work) {
    if (!work.valid()) return true;
    place mine(running_);
    if (mine.before() >= most_) return false;
    spawn(on, component, std::move(work), [mine = std::move(mine)] {});
    return true;
  }

 private:
  using number = std::atomic<std::size_t>;
  // Counts one coroutine while it lives.
  class place {
   public:
    explicit place(std::shared_ptr<number> of) noexcept : of_(std::move(of)), before_(of_->fetch_add(1)) {}
    std::size_t before() const noexcept { return before_; }  // as many were counted when this one was added
    place(place&&) noexcept = default;
    place& operator=(place&&) = delete;
    ~place() {
      if (of_) of_->fetch_sub(1);
    }

   private:
    std::shared_ptr<number> of_;
    std::size_t before_;
  };

  const std::size_t most_;
  const std::shared_ptr<number> running_ = std::make_shared<number>(0);
};

/// A function that calls a hook; a coroutine is started on `on`. Empty for an empty hook.
/// @param component  Must outlive the function, as a literal does.
template <class Executor, class... Args>
std::function<void(Args...)> starting(const Executor& on, std::string_view component, hook<Args...> what) {
  auto call = std::move(what).release();
  if (!call) return nullptr;
  return [on, component, call = std::move(call)](Args... args) {
    start(on, component, call(std::forward<Args>(args)...));
  };
}

}  // namespace cosio::inline v0_2::async
