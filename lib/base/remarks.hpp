// Lines of the log about mistakes that clients and pages make: an origin that is not listed, an event that nobody
// listens to. A developer wants to read of each one, at once. A client can make them as often as it likes, so few are
// written: see line_limits.hpp.
//
//   if (const base::due_remark due = base::ask_for_remark("engine", base::remark::origin, origin, address))
//     base::log_remark(due, "engine", "…", {{"origin", origin}});

#pragma once
#include <cosio/log.hpp>

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string_view>

#include "base/line_limits.hpp"

namespace cosio::inline v0_2::base {

/// The answer to ask_for_remark().
class due_remark {
 public:
  due_remark() noexcept = default;
  explicit due_remark(std::uint64_t left_out, log_level level = log_level::warn, bool is_last = false) noexcept
      : is_due_(true), is_last_(is_last), level_(level), left_out_(left_out) {}
  /// Whether the line is to be made.
  explicit operator bool() const noexcept { return is_due_; }
  std::uint64_t left_out() const noexcept { return left_out_; }
  log_level level() const noexcept { return level_; }
  /// Whether it is the last line of the client for a while.
  bool is_last() const noexcept { return is_last_; }

 private:
  bool is_due_ = false;
  bool is_last_ = false;
  log_level level_ = log_level::warn;
  std::uint64_t left_out_ = 0;
};

/// Whether a mistake gets a line now: ask before building the line, for it is rarely due. At level debug it always is.
/// @param client  The id of its session; before there is one, its address. Empty: it is not known.
/// @param level   Of the line.
/// @par Threads  Any.
due_remark ask_for_remark(std::string_view component, remark kind, std::string_view subject, std::string_view client,
                          log_level level = log_level::warn) noexcept;

/// Whether a line about one client gets written that is no mistake of the client's, such as one about its handlers that
/// fail. At level debug it always is.
/// @param client  The id of its session.
/// @param kind    As in log().
/// @par Threads  Any.
due_remark ask_for_line(std::string_view component, std::string_view client, log_level level,
                        const std::source_location& kind) noexcept;

/// Writes the line, with the number of those that were left out before it, and with the words that the client has no
/// more lines. Any thread; never throws.
/// @param fields  As in log().
void log_remark(const due_remark& due, std::string_view component, std::string_view message,
                std::initializer_list<log_field> fields) noexcept;

}  // namespace cosio::inline v0_2::base
