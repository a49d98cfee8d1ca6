// The starts and the ends of the adapters of one name, one after the other.
//
// A namespace that goes because it is empty closes its adapter, and another one of the same name may begin meanwhile.
// Both adapters may use the same names outside, such as channels. So the second one starts after the first one has
// closed: the namespaces of one name share a line of steps.
//
//   way in    nsp_table -> open(), close() -> a step, if it changes anything -> run() -> adapter::init(), close()

#pragma once
#include <cosio/task.hpp>

#include <functional>
#include <list>
#include <memory>

#include "async/runtime.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::socketio {

/// Whether an adapter was asked to be open. A member of its namespace; only a line reads and changes it.
class adapter_state {
  friend class adapter_line;
  bool is_open_ = false;
};

/// Any thread; guarded by its own mutex. Steps are only queued by open() and close(): none of them runs before run().
class adapter_line : public std::enable_shared_from_this<adapter_line> {
 public:
  using step = std::function<task<>()>;

  /// Queues a start, unless the adapter is open. @return whether run() is to be called.
  bool open(adapter_state& state, step start);
  /// Queues an end, if the adapter is open. @return whether run() is to be called.
  bool close(adapter_state& state, step end);
  /// Runs the steps on an executor, unless somebody runs them.
  void run(const async::executor& on);
  /// Returns when all steps that are queued now have been done: by the caller, unless somebody runs them.
  static task<> until_done(std::shared_ptr<adapter_line> self);

 private:
  class runner;
  static task<> run_steps(runner of);
  bool add(step next) COSIO_REQUIRES(mutex_);
  step take(bool has_one);
  void give_up(bool had_one) noexcept;
  bool is_busy() const;
  void add_end(std::shared_ptr<async::suspension> waiting);

  mutable base::mutex mutex_;
  std::list<step> steps_ COSIO_GUARDED_BY(mutex_);
  bool is_scheduled_ COSIO_GUARDED_BY(mutex_) = false;  // a coroutine that will run them has not begun
  bool is_busy_ COSIO_GUARDED_BY(mutex_) = false;       // a step runs
};

}  // namespace cosio::inline v0_2::socketio
