// The io_context that everything runs on, and the table of deadlines. The io_context is ours, with its threads, or that
// of the caller.

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>

#include <atomic>
#include <memory>

#include "async/deadlines.hpp"
#include "async/own_context.hpp"
#include "async/strand.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

/// Told of the end of our own io_context: an object that waits in another io_context, which that end does not reach.
class end_listener : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>> {
 public:
  end_listener() = default;
  end_listener(const end_listener&) = delete;
  end_listener& operator=(const end_listener&) = delete;
  virtual ~end_listener() = default;
  /// Called once, in runtime::shut_down(): nothing runs on our strands any more.
  virtual void on_shut_down() noexcept = 0;

 private:
  friend class runtime;
  std::weak_ptr<end_listener> me_;  // guarded by the runtime's mutex
};

/// @par Threads  make_strand(), timers(), stop(), the getters and those of end_listener: any. run() and shut_down() as
///               they say.
class runtime {
 public:
  /// Makes an io_context of our own; run() drives it with `threads` threads (0: as many as there are processors).
  explicit runtime(unsigned threads);

  /// Uses the caller's io_context; no thread is started. The executor must belong to an io_context, or be
  /// a strand of one.
  /// @throws error errc::not_supported for any other executor.
  explicit runtime(const boost::asio::any_io_executor& ex);

  /// Uses the caller's io_context, and a clock that only moves by hand: for tests.
  runtime(boost::asio::io_context& context, deadlines::manual_time);
  ~runtime();

  boost::asio::io_context& context() noexcept { return *context_; }
  executor get_executor() noexcept { return context_->get_executor(); }
  /// A strand for a new client. No other function decides where clients run.
  strand make_strand() { return strand(context_->get_executor()); }
  deadlines& timers() noexcept { return *timers_; }
  unsigned threads() const noexcept { return threads_; }
  /// Whether shut_down() has ended our own io_context.
  bool has_ended() const noexcept { return own_ && own_->ended(); }

  /// Runs the io_context until stop(), on this thread and on `threads - 1` more. The caller's io_context runs on this
  /// thread only. An io_context that has stopped is restarted.
  void run();
  /// Makes run() return: the one under way, or else the next one. Any thread.
  void stop() noexcept;
  /// Ends our own io_context, and destroys every handler that waits in it. (Such a handler may own this runtime through
  /// others: without shut_down() neither would be destroyed.) Strands and sockets stay valid as long as the runtime
  /// lives, but nothing runs on them any more. No thread may be in run(). The caller's io_context is left as it is.
  void shut_down() noexcept;

  /// Has shut_down() tell `whom`, weakly. Without effect on the caller's io_context, whose end nobody tells of.
  void tell_of_end(const std::shared_ptr<end_listener>& whom) noexcept;
  /// Undoes it, also when it was not done. `gone` is owned by a shared_ptr until this returns, or in its destructor.
  void forget(end_listener& gone) noexcept;

 private:
  std::shared_ptr<end_listener> take_listener() noexcept;
  bool may_run();
  void run_thread();

  const std::shared_ptr<own_context> own_;
  boost::asio::io_context* context_;
  const std::shared_ptr<deadlines> timers_;
  unsigned threads_;
  using work = boost::asio::executor_work_guard<executor>;
  std::unique_ptr<work> work_;
  base::mutex mutex_;
  bool stop_came_ COSIO_GUARDED_BY(mutex_) = false;  // since the last run() ended
  boost::intrusive::list<end_listener> listeners_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::async
