// Something that comes once, and that a coroutine waits for.

#pragma once
#include <cosio/task.hpp>

#include <memory>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::cluster {

/// Something that Redis confirms, and a coroutine waits for. Any thread.
class confirmation {
 public:
  /// It has come, or will not.
  void give() noexcept;
  /// Waits for it, but not longer than until `limit`. @return whether it was given.
  static task<bool> wait(std::shared_ptr<confirmation> self, async::deadlines& timers, async::time_point limit);

 private:
  base::mutex mutex_;
  bool given_ COSIO_GUARDED_BY(mutex_) = false;
  std::weak_ptr<async::suspension> waiting_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::cluster
