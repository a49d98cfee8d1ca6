// The log lines that are written while it lives, instead of on stderr.

#pragma once
#include <cosio/log.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.hpp"

namespace cosio::test {

struct log_line {
  log_level level;
  std::string component;
  std::string message;
};

/// One at a time. Lines of every level are caught. As with every new sink, the limits of lines begin anew.
class captured_log {
 public:
  captured_log() : level_(get_log_level()) {
    set_log_level(log_level::debug);
    set_log_sink([this](log_level level, std::string_view component, std::string_view message) {
      const std::lock_guard lock(mutex_);
      lines_.push_back({level, std::string(component), std::string(message)});
    });
  }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;
  ~captured_log() {
    set_log_sink({});
    set_log_level(level_);
  }

  std::vector<log_line> lines() const {
    base::wait_for_log();
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  /// How many lines of a level hold some text.
  std::size_t count(log_level level, std::string_view text = "") const {
    base::wait_for_log();
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [&](const log_line& line) {
      return line.level == level && line.message.find(text) != std::string::npos;
    }));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<log_line> lines_;
  const log_level level_;
};

}  // namespace cosio::test
