// One line per event: component, message, fields. Any thread.

#pragma once
#include <cosio/log.hpp>

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::base {

/// Whether lines of this level are written: ask before building an expensive one.
bool logs(log_level level) noexcept;

/// Writes a line. Any thread; never throws. @param fields  Parts of the message, for sinks that want them separately.
void log(log_level level, std::string_view component, std::string_view message,
         std::initializer_list<log_field> fields = {}) noexcept;

/// The text of an exception.
std::string describe(const std::exception_ptr& what) noexcept;

/// Logs an exception at level error: the parts of `what`, then the text of the exception. Any thread. Without memory
/// for the line it writes a shorter one.
void log_thrown(std::string_view component, std::initializer_list<std::string_view> what,
                const std::exception_ptr& thrown = std::current_exception()) noexcept;

/// Calls a callback where no caller can handle an exception. An exception of the callback is logged at level error.
template <class F>
void guarded(std::string_view component, F&& callback) noexcept {
  try {
    std::forward<F>(callback)();
  } catch (...) {
    log_thrown(component, {"a callback threw"});
  }
}

}  // namespace cosio::base
