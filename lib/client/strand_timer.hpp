// A time limit whose end is told on a strand.

#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "async/deadlines.hpp"
#include "async/runtime.hpp"
#include "async/strand.hpp"

namespace cosio::inline v0_2::clients {

/// Calls a function on a strand when a time is over, unless it is moved or destroyed before.
/// @par Threads  On the strand, but for the deadline's own call.
class strand_timer final : public async::deadline, public std::enable_shared_from_this<strand_timer> {
 public:
  /// @param what  Is not called any more when this timer has been destroyed or disarmed.
  static std::shared_ptr<strand_timer> make(async::strand on, std::shared_ptr<async::runtime> where,
                                            std::function<void()> what) {
    auto made = std::make_shared<strand_timer>(std::move(on), std::move(where), std::move(what));
    made->owned_by(made);
    return made;
  }
  strand_timer(async::strand on, std::shared_ptr<async::runtime> where, std::function<void()> what)
      : strand_(std::move(on)), where_(std::move(where)), what_(std::move(what)) {}

  template <class Rep, class Period>
  void arm_after(std::chrono::duration<Rep, Period> time) {
    armed_ = true;
    where_->timers().arm_after(*this, time);
  }
  void disarm() noexcept {
    armed_ = false;
    where_->timers().disarm(*this);
  }

 private:
  void on_deadline() override {
    async::post(strand_, "client", [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !self->armed_) return;
      self->armed_ = false;
      self->what_();
    });
  }

  const async::strand strand_;
  const std::shared_ptr<async::runtime> where_;
  const std::function<void()> what_;
  bool armed_ = false;  // on the strand
};

}  // namespace cosio::inline v0_2::clients
