// An error that the log was told of where it was made. When it leaves a handler, the log is not told again.

#pragma once
#include <cosio/error.hpp>

namespace cosio::inline v0_2::socketio {

class told_error final : public error {
 public:
  using error::error;
};

}  // namespace cosio::inline v0_2::socketio
