// What everything runs on: an io_context, ours with its threads or the caller's, and the table of deadlines.

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>

#include "async/deadlines.hpp"
#include "async/own_context.hpp"
#include "async/strand.hpp"

namespace cosio::async {

class runtime {
 public:
  /// Our own io_context; run() drives it with `threads` threads (0: as many as processors).
  explicit runtime(unsigned threads);

  /// The caller's io_context; we start no thread. The executor must be one of an io_context (or a strand of one).
  /// @throws error errc::not_supported for any other.
  explicit runtime(const boost::asio::any_io_executor& ex);

  /// The caller's io_context and a clock that only moves by hand: for tests.
  runtime(boost::asio::io_context& context, deadlines::manual_time);
  ~runtime();

  boost::asio::io_context& context() noexcept { return *context_; }
  executor get_executor() noexcept { return context_->get_executor(); }
  /// A new client's strand: the one place that decides where clients run.
  strand make_strand() { return strand(context_->get_executor()); }
  deadlines& timers() noexcept { return timers_; }
  unsigned threads() const noexcept { return threads_; }

  /// Runs the io_context on this thread and `threads - 1` more until stop(). With the caller's io_context: on this thread only.
  void run();
  /// Lets run() return. Any thread.
  void stop() noexcept;
  /// Ends our own io_context and with it every handler that waits in it: what those handlers keep alive may keep this alive. Strands and
  /// sockets stay valid as long as this lives; nothing runs on them any more.
  /// No thread may be in run(). Does nothing to the caller's io_context.
  void shut_down() noexcept;

 private:
  void run_thread();

  const std::shared_ptr<own_context> own_;
  boost::asio::io_context* context_;
  deadlines timers_;
  unsigned threads_;
  using work = boost::asio::executor_work_guard<executor>;
  std::unique_ptr<work> work_;
};

}  // namespace cosio::async
