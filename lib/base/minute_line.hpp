// A line of the log that any client can cause at its own rate: it is written at once, and then once in a minute, with
// the number of those that were left out.
//
//   if (const base::due_remark due = full_.ask(log_level::warn, "http"))
//     base::log_remark(due, "http", "…", {});
//
// remarks.hpp is for mistakes that have a subject and a client; this is for a state that has neither.

#pragma once
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/guarded.hpp"
#include "base/later.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"

namespace cosio::inline v0_2::base {

/// @par Threads  Any; guarded by its own mutex.
class minute_line {
 public:
  static constexpr auto pause = std::chrono::minutes(1);

  /// Whether the line is to be written now. At level debug it always is.
  due_remark ask(log_level level, std::string_view component,
                 time_point now = std::chrono::steady_clock::now()) noexcept {
    if (!logs(level, component)) return {};
    if (logs(log_level::debug, component)) return due_remark(0, level);
    const lock_guard lock(mutex_);
    if (was_written_ && now < next_) {
      ++left_out_;
      return {};
    }
    was_written_ = true;
    next_ = later(now, pause);
    return due_remark(std::exchange(left_out_, 0), level);
  }

 private:
  mutex mutex_;
  bool was_written_ COSIO_GUARDED_BY(mutex_) = false;
  time_point next_ COSIO_GUARDED_BY(mutex_){};
  std::uint64_t left_out_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::base
