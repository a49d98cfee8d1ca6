// Name -> listeners of one socket. A snapshot is taken when an event is dispatched: what a handler adds or removes
// counts from the next event.

#pragma once
#include <boost/container/small_vector.hpp>

#include <cosio/listener.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/small_mutex.hpp"
#include "socketio/shared_name.hpp"

namespace cosio::socketio {

/// Any thread; guarded by its own mutex. Flat: a socket has a handful of listeners, and most sockets have the same.
class listeners {
 public:
  using listener = detail::listener_ptr;
  using few = boost::container::small_vector<listener, 2>;

  /// @return a number to remove it by; 0 when the table is closed: the listener is let go at once.
  std::uint64_t add(std::string_view event, listener what, bool once, bool first);
  void remove(std::uint64_t id);
  void remove_all(std::string_view event);
  void remove_all();
  /// remove_all(), for good.
  void close();

  /// Those to call now, in order; those registered for once are taken out.
  few take(std::string_view event);
  std::size_t count(std::string_view event) const;
  std::size_t size() const;
  /// The numbers of those that listen to an event, in order.
  std::vector<std::uint64_t> numbers(std::string_view event) const;
  std::vector<std::string> names() const;

 private:
  struct entry {
    shared_name event;
    listener what;
    std::uint64_t id;  // odd when it is for once
    bool once() const noexcept { return id % 2 != 0; }
  };

  mutable base::small_mutex mutex_;
  bool closed_ = false;
  std::vector<entry> entries_;
  std::uint64_t last_id_ = 0;
};

/// Runs what `listener` has started, and keeps it meanwhile: for work that others own.
task<> run_kept(listeners::listener listener, task<> work);

}  // namespace cosio::socketio
