// The log of the library: its levels, and the application's sink for its lines.
//
// Without a sink, lines of level info, warn and error go to stderr. There is one log for the whole process, because
// threads and servers share it. The environment may choose other levels:
//
//   COSIO_LOG=info,engine=debug,socketio=warn

#pragma once
#include <functional>
#include <span>
#include <string_view>

namespace cosio::inline v0_2 {

/// How urgent a line is. `debug` tells of single clients. `info` says where run() listens. `warn` is for mistakes of
/// the application (a handler threw), and for those of clients and pages that a developer wants to know of: an event
/// that nobody listens to, an origin that is not listed. `error` is for failures of the server. `off` makes no lines at
/// all, whatever happens.
enum class log_level { debug, info, warn, error, off };

/// Takes a line as text.
///
/// The library holds no lock while a sink runs, so a sink may call the library. A line that the sink itself causes on
/// its thread goes to stderr. Lines of other threads wait until the sink has returned; when 10,000 wait, further ones
/// are lost, and a line says how many. A sink that throws loses its line; a short note goes to stderr.
/// Clients can cause some lines as often as they like. So of each kind five are written in a second, then the 10th, the
/// 100th and so on; such a line says how many were left out before it. A mistake of clients is told once for each
/// event, origin or name, then after 10 seconds if it happens again, after 20, and so on up to an hour. A new sink is
/// told as if nothing had been told before. At level debug none is left out.
/// @param component  The part of the library that speaks: "adapter", "application", "async", "cluster", "engine",
///                   "http", "log", "socketio" or "tls".
/// @param message    One line. Control characters in it, and Unicode's marks of direction, are written as escapes, so
///                   that a client cannot forge a line. The view is valid during the call.
/// @par Threads  Called from any thread, one call at a time: not always from the thread that made the line.
using log_sink = std::function<void(log_level level, std::string_view component, std::string_view message)>;

/// Replaces the sink, also one that set_log_record_sink() has set. An empty function restores stderr.
///
/// @par Threads  Any. The sink before is not called any more when this has returned; called inside of a sink, it
///               returns at once.
void set_log_sink(log_sink sink);

/// One thing that a line is about. Names are "session", "socket", "nsp", "event", "origin", "reason", "refusal",
/// "detail" and "address".
///
/// The id of a session is a credential, so its field has only the first characters of it.
struct log_field {
  /// A constant text.
  std::string_view name;
  /// Valid during the call of the sink.
  std::string_view value;
};

/// A line with fields, for logs that are searched. All views are valid during the call of the sink.
struct log_record {
  /// Never `off`.
  log_level level;
  /// See log_sink.
  std::string_view component;
  /// The whole line. It says everything that the fields say, so a sink may ignore them.
  std::string_view message;
  /// Often empty.
  std::span<const log_field> fields;
};

/// Takes a line with its fields. The rules of log_sink hold here, too.
using log_record_sink = std::function<void(const log_record&)>;

/// Replaces the sink, also one that set_log_sink() has set, by one that gets fields. An empty function restores stderr.
///
/// @par Threads  Any. The sink before is not called any more when this has returned; called inside of a sink, it
///               returns at once.
void set_log_record_sink(log_record_sink sink);

/// Sets the level of all components. Lines below it are not made, and cost one comparison. The default is `info`, or
/// the level that the environment variable COSIO_LOG names. That is read once, before the first line, and before the
/// first call of this function: so a call replaces what the variable says.
///
/// @par Threads  Any. Other threads see the new level soon, not at once.
void set_log_level(log_level level) noexcept;

/// Sets the level of one component, until the level of all is set anew.
///
/// @param component  See log_sink. "log" has no level: its lines tell of lines that are lost.
/// @throws error errc::bad_argument for a name that is no component. The detail names the one that was probably meant.
/// @par Threads  Any. Other threads see the new level soon, not at once.
void set_log_level(std::string_view component, log_level level);

/// The level that set_log_level(level) has set last, or else the default.
///
/// @par Threads  Any.
log_level get_log_level() noexcept;

/// The level of one component; get_log_level() for a name that is none.
///
/// @par Threads  Any.
log_level get_log_level(std::string_view component) noexcept;

/// "debug", "info", "warn", "error" or "off".
std::string_view to_string(log_level level) noexcept;

}  // namespace cosio::inline v0_2
