// Credentials that expire: when the client is told, and when it is closed.
//
// A decider without a clock: client_core acts. On the client's strand.

#pragma once
#include <chrono>

#include "async/deadlines.hpp"
#include "base/later.hpp"

namespace cosio::inline v0_2::socketio {

class expiry {
 public:
  enum class action { nothing, tell, close };

  /// @param notice  How long before the end the client is told.
  explicit expiry(std::chrono::milliseconds notice) noexcept : notice_(notice) {}

  /// From now on the credentials end then.
  void set(async::time_point ends) noexcept {
    ends_ = ends;
    told_ = false;
  }
  /// They do not end any more.
  void clear() noexcept { ends_ = never; }
  bool is_set() const noexcept { return ends_ != never; }
  async::time_point ends() const noexcept { return ends_; }
  /// The time of the next action. Only while is_set().
  async::time_point next() const noexcept { return told_ ? ends_ : base::earlier(ends_, notice_); }
  /// The action that is due now. An action is returned once.
  action due(async::time_point now) noexcept {
    if (now >= ends_) return action::close;
    if (told_ || now < next()) return action::nothing;
    told_ = true;
    return action::tell;
  }

 private:
  static constexpr async::time_point never = async::time_point::max();

  const std::chrono::milliseconds notice_;
  async::time_point ends_ = never;
  bool told_ = false;
};

}  // namespace cosio::inline v0_2::socketio
