// Work of the application that ends with its server: server::spawn().
//
//   spawn() -> start() -> the coroutine, on a strand of its own ... close() -> stop() -> cancelled -> until_ended()

#pragma once
#include <boost/asio/cancellation_signal.hpp>

#include <cosio/task.hpp>

#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::socketio {

/// Owned by a shared_ptr: each piece of work shares it.
///
/// @par Threads  Any; guarded by its own mutex.
class background : public std::enable_shared_from_this<background> {
 public:
  background() = default;
  background(const background&) = delete;
  background& operator=(const background&) = delete;

  /// Starts `work` on a strand that nothing else uses, after this has returned.
  /// @throws error errc::cancelled between stop() and open().
  void start(const async::strand& on, task<> work);
  /// Refuses new work, and cancels (terminal) the present work, each on its strand and once only. Work that runs on
  /// this thread just now is the caller: it is left alone, and nobody waits for it.
  void stop();
  /// Waits until all work has ended, or the time is over. After stop().
  static task<> until_ended(std::shared_ptr<background> self, async::deadlines& timers, async::time_point when);
  /// Ends the effect of stop() on new work.
  void open() noexcept;
  std::size_t count() const;

 private:
  struct piece {
    explicit piece(async::strand strand) : on(std::move(strand)) {}
    const async::strand on;
    boost::asio::cancellation_signal stop;
    bool is_stopped = false;  // on the strand
  };
  using piece_ptr = std::shared_ptr<piece>;

  void begin(const piece_ptr& one, task<> work) noexcept;
  std::list<piece_ptr> refuse_more();
  void add_waiting(const std::weak_ptr<async::suspension>& waiting);
  void remove(const piece_ptr& one) noexcept;
  void ended(const piece_ptr& one, const std::exception_ptr& thrown) noexcept;

  mutable base::mutex mutex_;
  std::list<piece_ptr> running_ COSIO_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<async::suspension>> waiting_ COSIO_GUARDED_BY(mutex_);  // in until_ended()
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
};

}  // namespace cosio::inline v0_2::socketio
