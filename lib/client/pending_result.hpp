// A result that comes once, from the strand of a manager, for a coroutine that waits anywhere.

#pragma once
#include <cosio/task.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "async/runtime.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::clients {

/// @par Threads  Any; guarded by its own mutex.
template <class T>
class pending_result {
 public:
  /// The coroutine that is resumed when the result has come.
  void waits(const std::weak_ptr<async::suspension>& waiting) {
    {
      const base::lock_guard lock(mutex_);
      waiting_ = waiting;
      if (!settled_) return;
    }
    if (const auto alive = waiting.lock()) alive->end();
  }
  /// The first of these two counts.
  void settle(T value) {
    end([&] { value_.emplace(std::move(value)); });
  }
  void fail(std::exception_ptr why) {
    end([&] { failed_ = std::move(why); });
  }
  template <class Error>
  void fail_with(Error why) {
    fail(std::make_exception_ptr(std::move(why)));
  }
  /// @return nothing when it has not come. @throws what fail() was given.
  std::optional<T> take() {
    const base::lock_guard lock(mutex_);
    settled_ = true;
    if (failed_) std::rethrow_exception(failed_);
    return std::exchange(value_, std::nullopt);
  }
  /// Whether nobody needs the result any more, or it has come.
  bool is_settled() const {
    const base::lock_guard lock(mutex_);
    return settled_;
  }

 private:
  template <class Store>
  void end(Store store) {
    std::shared_ptr<async::suspension> waiting;
    {
      const base::lock_guard lock(mutex_);
      if (settled_) return;
      settled_ = true;
      store();
      waiting = waiting_.lock();
    }
    if (waiting) waiting->end();
  }

  mutable base::mutex mutex_;
  bool settled_ COSIO_GUARDED_BY(mutex_) = false;
  std::optional<T> value_ COSIO_GUARDED_BY(mutex_);
  std::exception_ptr failed_ COSIO_GUARDED_BY(mutex_);
  std::weak_ptr<async::suspension> waiting_ COSIO_GUARDED_BY(mutex_);
};

/// Waits for a result until `limit`. `begin` is called when the coroutine waits, and may settle the result.
/// @return nothing when the time is over. @throws what the result failed with; operation_aborted when cancelled.
template <class T, class F>
task<std::optional<T>> wait_for_result(std::shared_ptr<async::runtime> where, std::shared_ptr<pending_result<T>> what,
                                       async::time_point limit, F begin) {
  auto started = [what, begin = std::move(begin)](const std::weak_ptr<async::suspension>& waiting) mutable {
    what->waits(waiting);
    begin();
  };
  auto waits = async::wait_until(where->timers(), limit, std::move(started));
  co_await std::move(waits);
  co_return what->take();
}

}  // namespace cosio::inline v0_2::clients
