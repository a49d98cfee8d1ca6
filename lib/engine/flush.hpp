// The time at which outboxes are written: after the work that fills them, so that one system call sends much.
//
// The first frame for an idle session puts its output on the running thread's list. At the end of the outermost
// flush_scope (one batch of input, or one broadcast) the list is posted as a chain of jobs, 64 outputs each. The output
// of the session whose input was handled is flushed at once.

#pragma once
#include <memory>

namespace cosio::engine {

class output;

/// Puts an output on the list of this thread, or posts its flush() when no flush_scope is open. Any thread.
void schedule_flush(const std::shared_ptr<output>& out) noexcept;

/// A stretch of work whose output is gathered. Lives on the stack of one thread.
class flush_scope {
 public:
  /// @param own  The output of the session whose input is being handled: flushed first. Null when there is none.
  explicit flush_scope(output* own = nullptr) noexcept;
  ~flush_scope();
  flush_scope(const flush_scope&) = delete;
  flush_scope& operator=(const flush_scope&) = delete;

 private:
  output* own_;
};

}  // namespace cosio::engine
