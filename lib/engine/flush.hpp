// When outboxes are written: never in the middle of what filled them, so that one send gathers much.
//
// Pushing into an idle session puts it on the running thread's list. At the end of the outermost flush_scope (one batch of input, one broadcast)
// the list is posted as a chain of jobs of 64 sessions; the session whose input was handled is flushed at once.

#pragma once
#include <memory>

namespace cosio::engine {

class output;

/// Any thread: the list belongs to the thread.
void schedule_flush(const std::shared_ptr<output>& out) noexcept;

/// Marks a stretch of work whose output is gathered.
class flush_scope {
 public:
  /// @param own  The session whose input is being handled; flushed at the end of the scope, before the others.
  explicit flush_scope(output* own = nullptr) noexcept;
  ~flush_scope();
  flush_scope(const flush_scope&) = delete;
  flush_scope& operator=(const flush_scope&) = delete;

 private:
  output* own_;
};

}  // namespace cosio::engine
