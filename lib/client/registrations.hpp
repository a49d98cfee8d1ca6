// Registered callables, in the order of their calling: the listeners of a socket, and hooks.

#pragma once
#include <cosio/listener.hpp>
#include <cosio/task.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.hpp"

namespace cosio::inline v0_2::clients {

/// @tparam T  A pointer to the callable, which is shared.
/// @par Threads  Any; guarded by its own mutex. No callable is destroyed while it is held.
template <class T>
class registrations {
 public:
  /// Adds a callable. @return a handle; of nothing after close().
  static listener_handle add(const std::shared_ptr<registrations>& to, T what, std::string_view name = {},
                             bool once = false, bool first = false) {
    const std::uint64_t number = to->insert(std::move(what), name, once, first);
    if (number == 0) return {};
    auto remove = [weak = std::weak_ptr<registrations>(to), number] {
      if (const auto alive = weak.lock()) alive->remove_if([number](const entry& e) { return e.number == number; });
    };
    return listener_handle(std::move(remove), to.get(), number);
  }
  /// Those of a name, to be called now. Those that are called once are removed.
  std::vector<T> take(std::string_view name = {}) {
    std::vector<T> out;
    const base::lock_guard lock(mutex_);
    for (const entry& e : entries_)
      if (e.name == name) out.push_back(e.what);
    // `out` has them, too: nothing is destroyed here.
    std::erase_if(entries_, [name](const entry& e) { return e.once && e.name == name; });
    return out;
  }
  std::size_t count(std::string_view name = {}) const {
    const base::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(), [name](const entry& e) { return e.name == name; }));
  }
  void remove(std::string_view name) {
    remove_if([name](const entry& e) { return e.name == name; });
  }
  void clear() {
    remove_if([](const entry&) { return true; });
  }
  /// Removes all, and keeps none from now on.
  void close() {
    {
      const base::lock_guard lock(mutex_);
      closed_ = true;
    }
    clear();
  }

 private:
  struct entry {
    std::uint64_t number;
    std::string name;
    bool once;
    T what;
  };

  std::uint64_t insert(T what, std::string_view name, bool once, bool first) {
    const base::lock_guard lock(mutex_);
    if (closed_) return 0;
    entry made{++last_number_, std::string(name), once, std::move(what)};
    entries_.insert(first ? entries_.begin() : entries_.end(), std::move(made));
    return last_number_;
  }
  template <class F>
  void remove_if(F gone) {
    std::vector<entry> removed;
    const base::lock_guard lock(mutex_);
    const auto kept = std::stable_partition(entries_.begin(), entries_.end(), [&](const entry& e) { return !gone(e); });
    removed.assign(std::make_move_iterator(kept), std::make_move_iterator(entries_.end()));
    entries_.erase(kept, entries_.end());
  }

  mutable base::mutex mutex_;
  std::uint64_t last_number_ COSIO_GUARDED_BY(mutex_) = 0;
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
  std::vector<entry> entries_ COSIO_GUARDED_BY(mutex_);
};

template <class... Args>
using hook_function = std::function<task<>(Args...)>;
/// Handlers that take `Args`.
template <class... Args>
using hooks = registrations<std::shared_ptr<const hook_function<Args...>>>;
template <class... Args>
using hooks_ptr = std::shared_ptr<hooks<Args...>>;

template <class... Args>
hooks_ptr<Args...> make_hooks() {
  return std::make_shared<hooks<Args...>>();
}
template <class... Args>
listener_handle add_hook(const hooks_ptr<Args...>& to, hook_function<Args...> call, bool first = false) {
  auto kept = std::make_shared<const hook_function<Args...>>(std::move(call));
  return hooks<Args...>::add(to, std::move(kept), {}, false, first);
}

}  // namespace cosio::inline v0_2::clients
