// Log lines: who, what, why, at a level, to a sink of the application's.

#pragma once
#include <functional>
#include <span>
#include <string_view>

namespace cosio {

enum class log_level { debug, info, warn, error, off };

/// Where log lines go. Called from any thread, one call at a time.
/// @param component  The station of the house that speaks: "http", "engine", "socketio", …
using log_sink = std::function<void(log_level level, std::string_view component, std::string_view message)>;

/// Replaces the sink; an empty one restores the default, which writes to stderr. @par Threads  Any.
void set_log_sink(log_sink sink);

/// One thing that a line is about: "session", "socket", "nsp", "reason", "detail", "address", "code", …
///
/// Of a session only the first characters of its id are told: the id is a credential.
struct log_field {
  std::string_view name;
  std::string_view value;
};

/// A line with what it says as fields as well. Its views are valid during the call.
struct log_record {
  log_level level;
  std::string_view component;
  std::string_view message;  ///< complete without the fields
  std::span<const log_field> fields;
};

using log_record_sink = std::function<void(const log_record&)>;

/// As set_log_sink(), for sinks that want fields: it takes that one's place. @par Threads  Any.
void set_log_record_sink(log_record_sink sink);

/// Lines below this level are not made. Default: warn. @par Threads  Any.
void set_log_level(log_level level) noexcept;
log_level get_log_level() noexcept;

std::string_view to_string(log_level level) noexcept;

}  // namespace cosio
