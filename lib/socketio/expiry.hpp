// Credentials that expire: when their client is told, and when it is parted from.
//
// A decider: client_core acts. On the client's strand.

#pragma once
#include <memory>
#include <utility>

#include "async/deadlines.hpp"
#include "socketio/client_core.hpp"

namespace cosio::socketio {

class client_core::expiry final : public async::deadline {
 public:
  enum class action { nothing, tell, close };

  expiry(std::weak_ptr<client_core> whose, async::strand strand, async::duration notice)
      : whose_(std::move(whose)), strand_(std::move(strand)), notice_(notice) {}

  /// From now on the credentials end then.
  void set(async::time_point ends) noexcept {
    ends_ = ends;
    told_ = false;
  }
  async::time_point ends() const noexcept { return ends_; }
  /// When something is to be done next.
  async::time_point next() const noexcept { return told_ ? ends_ : ends_ - notice_; }
  /// What is to be done now, once.
  action due(async::time_point now) noexcept {
    if (now >= ends_) return action::close;
    if (told_ || now < next()) return action::nothing;
    told_ = true;
    return action::tell;
  }

  void on_deadline() override;

 private:
  const std::weak_ptr<client_core> whose_;
  const async::strand strand_;
  const async::duration notice_;
  async::time_point ends_{};
  bool told_ = false;
};

}  // namespace cosio::socketio
