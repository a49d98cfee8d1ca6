// The listeners of one socket, by the name of their event. A snapshot is taken when an event is dispatched: a listener
// that a handler adds or removes counts from the next event on.

#pragma once
#include <boost/container/options.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/vector.hpp>

#include <cosio/listener.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.hpp"
#include "socketio/shared_name.hpp"

namespace cosio::inline v0_2::socketio {

/// A flat list: a socket has a handful of listeners. A listener is in one table, once. Any thread.
class listeners {
 public:
  using listener = detail::listener_ptr;
  using few = boost::container::small_vector<listener, 2>;

  /// @return a number to remove the listener by; a number is used again after a billion others. 0 when the table is
  ///         closed: then the listener is not kept.
  std::uint64_t add(std::string_view event, listener what, bool once, bool first);
  void remove(std::uint64_t id);
  void remove_all(std::string_view event);
  void remove_all();
  /// Removes all listeners, and keeps none from now on.
  void close();

  /// The listeners to call now, in order. Those that were registered with once() are removed.
  few take(std::string_view event);
  std::size_t count(std::string_view event) const;
  /// Whether a coroutine waits for this event.
  bool is_awaited(std::string_view event) const;
  std::size_t size() const;
  /// The numbers of the listeners of an event, in order.
  std::vector<std::uint64_t> numbers(std::string_view event) const;
  std::vector<std::string> names() const;

  static constexpr std::uint32_t most_number = (1U << 30) - 1;
  /// The next number after `last` that none of these listeners has. 1 follows most_number.
  static std::uint32_t number_after(std::uint32_t last, std::span<const listener> in_use) noexcept;

 private:
  // Every socket has one, and counts of four bytes are enough.
  using list =
      boost::container::vector<listener, void,
                               boost::container::vector_options_t<boost::container::stored_size<std::uint32_t>>>;

  mutable base::small_mutex mutex_;
  std::uint32_t last_number_ : 30 COSIO_GUARDED_BY(mutex_) = 0;
  std::uint32_t closed_ : 1 COSIO_GUARDED_BY(mutex_) = 0;
  list entries_ COSIO_GUARDED_BY(mutex_);
};

/// Runs the work that `listener` has started, and keeps the listener meanwhile.
task<> run_kept(listeners::listener listener, task<> work);

}  // namespace cosio::inline v0_2::socketio
