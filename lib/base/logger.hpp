// One line per event: component, message, fields. Any thread.

#pragma once
#include <cosio/log.hpp>

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::base {

/// Whether lines of this level may be written: ask before building an expensive one. One load, as long as no component
/// has a level so low.
bool logs(log_level level) noexcept;
/// Whether a component's lines of this level are written.
bool logs(log_level level, std::string_view component) noexcept;
/// Sets the levels that a text in the form of COSIO_LOG asks for. Each mistake in it is a line at level warn.
void read_log_levels(std::string_view text) noexcept;

/// Writes a line. Any thread; never throws. A client can cause most lines as often as it likes: so of each kind only a
/// few are written in a second, see line_limits.hpp. At level debug all are written.
/// @param fields  Parts of the message, for sinks that want them separately.
/// @param kind    Lines of one place in the source are of one kind.
void log(log_level level, std::string_view component, std::string_view message,
         std::initializer_list<log_field> fields = {},
         const std::source_location& kind = std::source_location::current()) noexcept;

/// Writes a line that is known to be due, whatever its level. Any thread; never throws.
/// @param left_out  Lines of its kind that were not written before it: the line says so. 0: it does not.
void log_due(log_level level, std::string_view component, std::string_view message,
             std::initializer_list<log_field> fields, std::uint64_t left_out) noexcept;

/// Waits until the lines that other threads have made so far are with the sink. Not for sinks.
void wait_for_log() noexcept;

/// The text of an exception.
std::string describe(const std::exception_ptr& what) noexcept;

/// Logs an exception at level error: the parts of `what`, then the text of the exception. Any thread. Without memory
/// for the line it writes a shorter one.
void log_thrown(std::string_view component, std::initializer_list<std::string_view> what,
                const std::exception_ptr& thrown = std::current_exception(),
                const std::source_location& kind = std::source_location::current()) noexcept;

/// Calls a callback where no caller can handle an exception. An exception of the callback is logged at level error.
template <class F>
void guarded(std::string_view component, F&& callback,
             const std::source_location& kind = std::source_location::current()) noexcept {
  try {
    std::forward<F>(callback)();
  } catch (...) {
    log_thrown(component, {"a callback threw"}, std::current_exception(), kind);
  }
}

}  // namespace cosio::inline v0_2::base
