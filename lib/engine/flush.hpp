// The time at which outboxes are written: after the work that fills them, so that one system call sends much.
//
// The first frame for an idle session puts the session on the running thread's list. At the end of the outermost
// flush_scope (one batch of input, or one broadcast) the list is posted as a chain of jobs, 64 sessions each. The
// session whose input was handled is flushed at once.

#pragma once
#include <memory>

#include "async/strand.hpp"

namespace cosio::engine {

/// An entry of a list: a session, as this file sees it.
class flushable {
 public:
  virtual ~flushable() = default;
  /// Writes what is queued. Any thread.
  virtual void flush() noexcept = 0;
  /// Runs the jobs. Any thread; never changes.
  virtual async::executor get_executor() const noexcept = 0;
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

}  // namespace cosio::engine
