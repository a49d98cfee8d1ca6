// A flag that is set for the length of a scope.

#pragma once

namespace cosio::inline v0_2::base {

/// While it lives the flag is set. Then the flag has its former value, also when an exception leaves the scope.
class flag_scope {
 public:
  explicit flag_scope(bool& flag) noexcept : flag_(flag), before_(flag) { flag_ = true; }
  flag_scope(const flag_scope&) = delete;
  flag_scope& operator=(const flag_scope&) = delete;
  ~flag_scope() { flag_ = before_; }

 private:
  bool& flag_;
  const bool before_;
};

}  // namespace cosio::inline v0_2::base
