// Acknowledgements that are awaited, by their ids. Each wait ends exactly once: the client answers, the time is over,
// or the client leaves.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/arguments.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/guarded.hpp"

namespace cosio::socketio {

using cosio::answer_sink;

/// The answers that one client owes in one namespace. Any thread.
class acks {
 public:
  /// The result of wait(). Unless it is `waiting`, the sink is never told anything.
  enum class place { waiting, left, full };

  /// Waits for the answer with this id.
  /// @param most  How many may wait; 0: no limit.
  /// @return `left` when the socket has left, `full` when too many wait.
  place wait(std::uint64_t id, std::shared_ptr<answer_sink> who, std::size_t most = 0);
  /// Ends a wait without telling the sink: its time is over.
  /// @return false when the wait has ended already: then the sink was told, or is being told.
  bool remove(std::uint64_t id);
  /// An answer came: its sink is told. @return false for an id that nobody waits for.
  bool answer(std::uint64_t id, arguments values);
  /// The socket left: all sinks are told.
  void close();

 private:
  using table = std::unordered_map<std::uint64_t, std::shared_ptr<answer_sink>>;

  base::small_mutex mutex_;
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
  // Null until the first wait: most sockets never have one.
  std::unique_ptr<table> waiting_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::socketio
