// The time at which outboxes are written: after the work that fills them, so that one system call sends much.
//
// The first frame for an idle session puts the session on the running thread's list. At the end of the outermost
// flush_scope (one batch of input, or one broadcast) the list is posted as a chain of jobs, 64 sessions each. The
// session whose input was handled is flushed at once, also when it is on the list of such a job.

#pragma once
#include <cstddef>
#include <memory>

#include "async/strand.hpp"

namespace cosio::inline v0_2::engine {

/// An entry of a list: a session, as this file sees it.
class flushable {
 public:
  virtual ~flushable() = default;
  /// Writes what is queued. Any thread.
  virtual void flush() noexcept = 0;
  /// Runs the jobs. Any thread; never changes.
  virtual async::executor get_executor() const noexcept = 0;
  /// Writes all that the peer takes, and then decides whether too much is queued. @return whether the session ends.
  virtual bool judge() noexcept { return false; }
};

/// Puts a session on the list of this thread, or posts its flush() when no flush_scope is open. Any thread.
void schedule_flush(const std::shared_ptr<flushable>& entry) noexcept;

/// A stretch of work whose output is gathered. Lives on the stack of one thread.
class flush_scope {
 public:
  /// @param own  The session whose input is being handled: flushed first. Null when there is none.
  explicit flush_scope(flushable* own = nullptr) noexcept;
  ~flush_scope();
  flush_scope(const flush_scope&) = delete;
  flush_scope& operator=(const flush_scope&) = delete;

 private:
  flushable* own_;
};

/// A walk over many sessions, with a lock of the caller's held: nothing can be written inside. Sessions that get more
/// than they may are judged at its end, without that lock: see flushable::judge().
class walk_scope {
 public:
  walk_scope() noexcept;
  ~walk_scope() { end(); }
  walk_scope(const walk_scope&) = delete;
  walk_scope& operator=(const walk_scope&) = delete;
  /// Ends the walk before the destructor does. @return how many sessions end, since too much was queued for them.
  std::size_t end() noexcept;

 private:
  bool ended_ = false;
};

/// Lets the end of the walk judge `who`. @return false when there is no walk on this thread: then nothing is done.
bool judge_after_walk(const std::shared_ptr<flushable>& who) noexcept;

}  // namespace cosio::inline v0_2::engine
