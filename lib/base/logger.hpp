// One line per event: who, what, why.

#pragma once
#include <cosio/log.hpp>

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::base {

/// Whether a line of this level would go anywhere: ask before building an expensive one.
bool logs(log_level level) noexcept;

/// Writes a line. Any thread; never throws. @param fields  What the message says, once more, for sinks that want it in parts.
void log(log_level level, std::string_view component, std::string_view message,
         std::initializer_list<log_field> fields = {}) noexcept;

/// What an exception says of itself.
std::string describe(const std::exception_ptr& what) noexcept;

/// Logs at level error what was thrown: the parts of `what`, then what the exception says of itself. Any thread; without memory for the line it
/// writes a shorter one.
void log_thrown(std::string_view component, std::initializer_list<std::string_view> what,
                const std::exception_ptr& thrown = std::current_exception()) noexcept;

/// Calls back into the application where nobody can take an exception: what it throws is logged at level error.
template <class F>
void guarded(std::string_view component, F&& callback) noexcept {
  try {
    std::forward<F>(callback)();
  } catch (...) {
    log_thrown(component, {"a callback threw"});
  }
}

}  // namespace cosio::base
