// The suspensions that ended when there was no memory to tell their coroutines.

#include "async/suspension.hpp"

#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

std::atomic<bool> some_wait_for_memory{false};

}  // namespace

struct suspension::without_memory {
  base::small_mutex mutex;
  std::shared_ptr<suspension> first COSIO_GUARDED_BY(mutex);

  static without_memory& all() {
    static auto* const kept = new without_memory;  // never destroyed: coroutines may end while the process ends
    return *kept;
  }
};

void suspension::resume(boost::system::error_code ec) noexcept {
  if (post(ec)) return;
  base::log(log_level::error, "async", "there is no memory to resume a coroutine with: it waits until there is");
  if (!keeps_its_context()) return drop();
  value_ = ec.value();
  category_ = &ec.category();
  without_memory& all = without_memory::all();
  const base::lock_guard lock(all.mutex);
  next_ = std::exchange(all.first, shared_from_this());
  some_wait_for_memory.store(true, std::memory_order_release);
}

void suspension::retry() noexcept {
  if (!some_wait_for_memory.load(std::memory_order_acquire)) return;
  std::shared_ptr<suspension> list;
  {
    without_memory& all = without_memory::all();
    const base::lock_guard lock(all.mutex);
    list = std::exchange(all.first, nullptr);
    some_wait_for_memory.store(false, std::memory_order_release);
  }
  while (list) {
    const auto one = std::move(list);
    list = std::move(one->next_);
    one->resume({one->value_, *one->category_});
  }
}

}  // namespace cosio::inline v0_2::async
