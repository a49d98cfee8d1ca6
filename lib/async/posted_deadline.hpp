// A deadline that calls a member function of its owner, on the owner's strand.
//
//   deadlines -> on_deadline() -> posted to owner->strand() -> (owner->*Told)()
//
// A deadline fires on any thread of the io_context, but most owners may be used on their strand only.

#pragma once
#include <memory>

#include "async/deadlines.hpp"
#include "async/strand.hpp"

namespace cosio::inline v0_2::async {

/// Nothing is called when the owner has gone. A call that was posted before disarm() still comes, so the owner checks
/// whether it is due. An exception of `Told` is logged.
///
/// An owner that has its deadline as a member, all its life, calls owned_by() once. An owner that drops its deadline
/// earlier takes one from make(): the table may be firing it on another thread, so the deadline owns itself.
template <class Owner, void (Owner::*Told)()>
class posted_deadline final : public deadline {
 public:
  posted_deadline() = default;

  static std::shared_ptr<posted_deadline> make(std::weak_ptr<Owner> owner) {
    auto made = std::make_shared<posted_deadline>();
    made->owner_ = std::move(owner);
    made->deadline::owned_by(made);
    return made;
  }

  /// Once, before it is armed. This deadline is a member of the owner.
  void owned_by(std::weak_ptr<Owner> owner) noexcept {
    deadline::owned_by(owner);
    owner_ = std::move(owner);
  }

  void on_deadline() override {
    if (auto owner = owner_.lock()) {
      const auto& on = owner->strand();
      post(on, "async", [owner = std::move(owner)] { ((*owner).*Told)(); });
    }
  }

 private:
  std::weak_ptr<Owner> owner_;
};

}  // namespace cosio::inline v0_2::async
