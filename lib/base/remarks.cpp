// Lines about mistakes of clients and pages, and how many of them are written.

#include "base/remarks.hpp"

#include <algorithm>

#include "base/logger.hpp"
#include "base/sip_hash.hpp"

namespace cosio::inline v0_2::base {
namespace {

remark_limits& limits_of_remarks() {
  static auto* const kept = new remark_limits;  // never destroyed: threads may log while the process ends
  return *kept;
}

}  // namespace

// The place of a subject. One that is not known gets the place of the subject whose next line would come first: the one
// that was quiet for longest, or is told of most often anyway.
remark_limits::told_subject& remark_limits::place_of(kind& in, std::uint64_t hash) noexcept {
  auto& all = in.subjects;
  const auto known = std::find_if(all.begin(), all.end(), [hash](const told_subject& s) { return s.hash == hash; });
  if (known != all.end()) return *known;
  return *std::min_element(all.begin(), all.end(),
                           [](const told_subject& a, const told_subject& b) { return a.next < b.next; });
}

bool remark_limits::is_due(kind& in, std::uint64_t hash, time_point now) noexcept {
  told_subject& about = place_of(in, hash);
  const bool is_known = about.hash == hash;
  if (is_known && now < about.next) return false;
  if (!in.lines.take(1, per_second, most_at_once, now)) return false;
  const bool goes_on = is_known && now < later(about.next, longest_pause);
  about.pause = goes_on ? std::min<std::chrono::seconds>(2 * about.pause, longest_pause) : first_pause;
  about.hash = hash;
  about.next = later(now, about.pause);
  return true;
}

remark_limits::verdict remark_limits::take(remark of, std::uint64_t subject, time_point now) noexcept {
  const lock_guard lock(mutex_);
  kind& in = kinds_[static_cast<std::size_t>(of)];
  if (!is_due(in, subject | 1, now)) {  // no hash is 0: that is a free place
    ++in.left_out;
    return {false, 0};
  }
  const std::uint64_t before = in.left_out;
  in.left_out = 0;
  return {true, before};
}

due_remark ask_for_remark(std::string_view component, remark kind, std::string_view subject) noexcept {
  if (!logs(log_level::warn, component)) return {};
  if (logs(log_level::debug, component)) return due_remark(0);
  try {
    const auto verdict =
        limits_of_remarks().take(kind, sip_hash(process_secret(), subject), std::chrono::steady_clock::now());
    return verdict.is_due ? due_remark(verdict.left_out) : due_remark();
  } catch (...) {  // there is no secret: then no line either
    return {};
  }
}

void log_remark(const due_remark& due, std::string_view component, std::string_view message,
                std::initializer_list<log_field> fields, const std::source_location& kind) noexcept {
  if (due.left_out() == 0) return log(log_level::warn, component, message, fields, kind);
  try {
    log(log_level::warn, component, with_number(message, due.left_out()), fields, kind);
  } catch (...) {
    log(log_level::warn, component, message, fields, kind);
  }
}

}  // namespace cosio::inline v0_2::base
