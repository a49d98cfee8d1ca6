// Acknowledgements that are awaited: ids -> who waits. Each ends exactly once: answered, timed out, or the client left.

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

/// The answers that one socket owes. Any thread; guarded by its own mutex.
class acks {
 public:
  /// What became of a wait. Unless it is `waiting`, nobody will ever be told.
  enum class place { waiting, left, full };

  /// @param most  How many may wait; 0: no limit. @return `left` when the socket has left, `full` when too many wait.
  place wait(std::uint64_t id, std::shared_ptr<answer_sink> who, std::size_t most = 0);
  /// Nobody waits for this any more (timed out). @return false when it has ended already: who waited was told, or is
  /// being told.
  bool forget(std::uint64_t id);
  /// An answer came. @return false for an id that nobody waits for.
  bool answer(std::uint64_t id, arguments values);
  /// The socket left: everybody is told.
  void close();

 private:
  using table = std::unordered_map<std::uint64_t, std::shared_ptr<answer_sink>>;

  base::small_mutex mutex_;
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
  // Made by the first wait: most sockets never have one.
  std::unique_ptr<table> waiting_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::socketio
