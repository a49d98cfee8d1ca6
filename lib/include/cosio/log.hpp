// Log lines: who, what, why, at a level, to a sink of the application's.

#pragma once
#include <functional>
#include <string_view>

namespace cosio {

enum class log_level { debug, info, warn, error, off };

/// Where log lines go. Called from any thread, one call at a time.
/// @param component  The station of the house that speaks: "http", "engine", "socketio", …
using log_sink = std::function<void(log_level level, std::string_view component, std::string_view message)>;

/// Replaces the sink; an empty one restores the default, which writes to stderr. @par Threads  Any.
void set_log_sink(log_sink sink);

/// Lines below this level are not made. Default: warn. @par Threads  Any.
void set_log_level(log_level level) noexcept;
log_level get_log_level() noexcept;

std::string_view to_string(log_level level) noexcept;

}  // namespace cosio
