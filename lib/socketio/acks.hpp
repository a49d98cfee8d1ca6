// Acknowledgements that are awaited, by their ids. Each wait ends exactly once: the client answers, the time is over,
// or the client leaves. An answer that is kept until others have come is charged to the client: its bytes stand here.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/arguments.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "async/gate.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::socketio {

using cosio::answer_sink;

/// The answers that one client owes in one namespace. Any thread.
class acks {
 public:
  /// The result of wait(). Unless it is `waiting`, the sink is never told anything.
  enum class place { waiting, left, full };

  /// A wait whose answer has come: the result of take(). When it is destroyed before answer() had it, a sink that keeps
  /// nothing is told that there will be no answer, and a sink that keeps its answers waits on.
  class found {
   public:
    found() = default;
    found(found&&) noexcept = default;
    found(const found&) = delete;
    ~found();
    /// False for an id that nobody waits for.
    explicit operator bool() const noexcept { return sink_ != nullptr; }
    /// Whether the sink keeps the answer until others have come.
    bool is_kept() const noexcept { return is_kept_; }

   private:
    friend acks;
    std::uint64_t id_ = 0;
    std::shared_ptr<answer_sink> sink_;
    bool is_kept_ = false;
  };

  /// Waits for the answer with this id.
  /// @param most  How many may wait; 0: no limit.
  /// @return `left` when the socket has left, `full` when too many wait.
  place wait(std::uint64_t id, std::shared_ptr<answer_sink> who, std::size_t most = 0);
  /// Ends a wait without telling the sink: its time is over.
  /// @return false when the wait has ended already: then the sink was told, or is being told.
  bool remove(std::uint64_t id);
  /// An answer with this id came. The wait is over, unless its sink keeps answers: then answer() ends it.
  found take(std::uint64_t id);
  /// Tells the sink the answer.
  /// @param waiting  The result of take(), which found a wait.
  /// @param charged  The bytes that the client was charged for an answer that is kept. 0 afterwards, if release() will
  ///                 return them.
  /// @return false when the sink keeps answers, and its wait has ended since take().
  bool answer(found waiting, arguments values, std::size_t& charged);
  /// The sink does not keep the answer any more. @return the bytes that were charged for it.
  std::size_t release(std::uint64_t id);
  /// The socket left: all sinks are told.
  void close();
  /// Keeps the pass until no answer is awaited any more; not at all if none is.
  void hold_until_answered(async::gate::pass pass);

 private:
  struct entry {
    std::shared_ptr<answer_sink> sink;
    bool is_kept;  // the answer of its keeps()
  };
  struct table {
    std::unordered_map<std::uint64_t, entry> waiting;
    std::unordered_map<std::uint64_t, std::size_t> charges;  // for answers that came, and are kept
    std::vector<async::gate::pass> until_answered;           // see hold_until_answered()
  };

  bool keep(std::uint64_t id, std::size_t& charged);
  std::vector<async::gate::pass> passes_if_answered() COSIO_REQUIRES(mutex_);

  // Null until the first wait: most sockets never have one.
  std::unique_ptr<table> table_ COSIO_GUARDED_BY(mutex_);
  base::small_mutex mutex_;
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
};

}  // namespace cosio::inline v0_2::socketio
