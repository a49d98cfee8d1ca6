// Counts what is under way, so that closing can wait for zero.

#pragma once
#include <cosio/task.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::async {

/// Any thread; guarded by its own mutex.
class gate {
 public:
  /// Held by what is under way; leaves when it is destroyed.
  class pass {
   public:
    pass() = default;
    explicit pass(std::shared_ptr<gate> of) : of_(std::move(of)) { of_->enter(); }
    pass(pass&& other) noexcept = default;
    pass& operator=(pass&& other) noexcept {
      std::swap(of_, other.of_);
      return *this;
    }
    ~pass() {
      if (of_) of_->leave();
    }

   private:
    std::shared_ptr<gate> of_;
  };

  std::size_t count() const {
    const base::lock_guard lock(mutex_);
    return count_;
  }

  /// Waits until nothing is under way. The gate must be owned by a shared_ptr that outlives the wait.
  task<> wait_for_zero() {
    auto hand_out = [this](std::shared_ptr<suspension> waiting) {
      {
        const base::lock_guard lock(mutex_);
        if (count_ != 0) {
          waiting_.push_back(std::move(waiting));
          return;
        }
      }
      waiting->end();
    };
    const boost::system::error_code ec = co_await suspend(std::move(hand_out));
    if (ec) throw boost::system::system_error(ec);
  }

 private:
  void enter() {
    const base::lock_guard lock(mutex_);
    ++count_;
  }
  void leave() {
    std::vector<std::shared_ptr<suspension>> done;
    {
      const base::lock_guard lock(mutex_);
      if (--count_ == 0) done.swap(waiting_);
    }
    for (const auto& waiting : done) waiting->end();
  }

  mutable base::mutex mutex_;
  std::size_t count_ = 0;
  std::vector<std::shared_ptr<suspension>> waiting_;
};

}  // namespace cosio::async
