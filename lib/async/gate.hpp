// Waiting until everything that was started has ended.
//
// An object starts work that it does not own: streams, handlers, coroutines. Before it is destroyed, that work must
// have ended, and no new work may begin meanwhile. So each piece of work holds a pass of a gate. close() refuses new
// passes, and waits until the last pass is given back.
//
//   work begins -> pass(gate) ... work ends -> ~pass        co_await gate->close() -> the last pass was given back

#pragma once
#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

#include "async/suspension.hpp"
#include "async/suspensions.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

/// Shared by its passes and by the coroutines that wait for it.
///
/// @par Threads  Any; guarded by its own mutex.
class gate {
 public:
  /// Held by a piece of work. Its destructor gives it back.
  class pass {
   public:
    pass() = default;
    /// @throws error errc::cancelled when the gate is closed.
    explicit pass(const std::shared_ptr<gate>& of) : of_(of.get()) { of_->enter(of); }
    pass(pass&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    pass& operator=(pass&& other) noexcept {
      std::swap(of_, other.of_);
      return *this;
    }
    ~pass() {
      if (of_ != nullptr) of_->exit();
    }

   private:
    gate* of_ = nullptr;  // keeps itself while a pass of it is held
  };

  gate() = default;
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;
  /// No pass may be left: its work would outlive the objects that it uses.
  ~gate() { assert(count() == 0 && "a gate was destroyed while a pass of it was held"); }

  std::size_t count() const {
    const base::lock_guard lock(mutex_);
    return count_;
  }

  /// Refuses new passes from now on, and waits until the last pass is given back.
  /// The gate must be owned by a shared_ptr that outlives the wait.
  task<> close() {
    {
      const base::lock_guard lock(mutex_);
      closed_ = true;
    }
    return wait_for_zero();
  }

  /// Waits until no pass is held. Otherwise as close(), but new passes are still given.
  task<> wait_for_zero() {
    auto hand_out = [this](std::shared_ptr<suspension> waiting) { end_at_zero(std::move(waiting)); };
    co_await wait(std::move(hand_out));
  }

  /// Ends the wait when no pass is held: perhaps at once.
  void end_at_zero(std::shared_ptr<suspension> waiting) {
    {
      const base::lock_guard lock(mutex_);
      if (count_ != 0) return waiting_.add(std::move(waiting));
    }
    waiting->end();
  }

 private:
  void enter(const std::shared_ptr<gate>& self) {
    const base::lock_guard lock(mutex_);
    if (closed_) throw error(errc::cancelled, "no new work may begin: the object that it belongs to is closing");
    if (count_++ == 0) self_ = self;
  }
  void exit() {
    std::shared_ptr<gate> keep;  // the gate may go with it, after the lock
    suspensions done;
    {
      const base::lock_guard lock(mutex_);
      if (--count_ == 0) {
        std::swap(done, waiting_);
        std::swap(keep, self_);
      }
    }
    done.end_all();
  }

  mutable base::mutex mutex_;
  std::size_t count_ COSIO_GUARDED_BY(mutex_) = 0;
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;
  suspensions waiting_ COSIO_GUARDED_BY(mutex_);
  std::shared_ptr<gate> self_ COSIO_GUARDED_BY(mutex_);  // while passes are held: so each of them needs a pointer only
};

}  // namespace cosio::inline v0_2::async
