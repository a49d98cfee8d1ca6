// Lines about mistakes of clients and pages.

#include "base/remarks.hpp"

#include <chrono>
#include <string>

#include "base/logger.hpp"
#include "base/sip_hash.hpp"

namespace cosio::inline v0_2::base {

namespace {

std::uint64_t hash_of(std::string_view text) { return sip_hash(process_secret(), text); }

due_remark remark_of(const line_limits::verdict& made, log_level level) noexcept {
  return made.is_written ? due_remark(made.left_out, level, made.is_last) : due_remark();
}

}  // namespace

due_remark ask_for_remark(std::string_view component, remark kind, std::string_view subject, std::string_view client,
                          log_level level) noexcept {
  if (!logs(level, component)) return {};
  if (logs(log_level::debug, component)) return due_remark(0, level);
  try {
    const mistake made{kind, hash_of(subject), client.empty() ? 0 : hash_of(client)};
    return remark_of(limits_of_log().take(made, std::chrono::steady_clock::now()), level);
  } catch (...) {  // there is no secret: then no line either
    return {};
  }
}

due_remark ask_for_line(std::string_view component, std::string_view client, log_level level,
                        const std::source_location& kind) noexcept {
  if (!logs(level, component)) return {};
  if (logs(log_level::debug, component)) return due_remark(0, level);
  try {
    const auto now = std::chrono::steady_clock::now();
    return remark_of(limits_of_log().take(kind.file_name(), kind.line(), hash_of(client), now), level);
  } catch (...) {  // there is no secret: then no line either
    return {};
  }
}

void log_remark(const due_remark& due, std::string_view component, std::string_view message,
                std::initializer_list<log_field> fields) noexcept {
  if (!due.is_last()) return log_due(due.level(), component, message, fields, due.left_out());
  guarded(component, [&] {
    const std::string last =
        std::string(message) + " (further lines of this kind about this client are at level debug, for two minutes)";
    log_due(due.level(), component, last, fields, due.left_out());
  });
}

}  // namespace cosio::inline v0_2::base
