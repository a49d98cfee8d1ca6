// A deadline that calls a member function of its owner, on the owner's strand.
//
//   deadlines -> on_deadline() -> posted to owner->strand() -> (owner->*Told)()
//
// Deadlines fire on any thread of the io_context; most owners may be touched on their strand only.

#pragma once
#include <boost/asio/post.hpp>

#include <memory>

#include "async/deadlines.hpp"

namespace cosio::async {

/// Nothing is called when the owner has gone. The call may still come after disarm(), if it was posted before: the owner
/// looks whether it is due.
///
/// An owner that has its deadline as a member, for all its life, calls owned_by() once. An owner that drops its deadline
/// earlier takes one of make(): the table may be about to fire it on another thread, so it must keep itself.
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

  bool is_owned() const noexcept { return !owner_.expired(); }

  void on_deadline() override {
    if (auto owner = owner_.lock()) {
      const auto& on = owner->strand();
      boost::asio::post(on, [owner = std::move(owner)] { ((*owner).*Told)(); });
    }
  }

 private:
  std::weak_ptr<Owner> owner_;
};

}  // namespace cosio::async
