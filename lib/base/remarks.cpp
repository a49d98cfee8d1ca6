// Lines about mistakes of clients and pages.

#include "base/remarks.hpp"

#include <chrono>

#include "base/logger.hpp"
#include "base/sip_hash.hpp"

namespace cosio::inline v0_2::base {

due_remark ask_for_remark(std::string_view component, remark kind, std::string_view subject, std::string_view client,
                          log_level level) noexcept {
  if (!logs(level, component)) return {};
  if (logs(log_level::debug, component)) return due_remark(0, level);
  try {
    const auto hash = [](std::string_view text) { return sip_hash(process_secret(), text); };
    const mistake made{kind, hash(subject), client.empty() ? 0 : hash(client)};
    const auto verdict = limits_of_log().take(made, std::chrono::steady_clock::now());
    return verdict.is_written ? due_remark(verdict.left_out, level) : due_remark();
  } catch (...) {  // there is no secret: then no line either
    return {};
  }
}

void log_remark(const due_remark& due, std::string_view component, std::string_view message,
                std::initializer_list<log_field> fields) noexcept {
  log_due(due.level(), component, message, fields, due.left_out());
}

}  // namespace cosio::inline v0_2::base
