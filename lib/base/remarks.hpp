// Lines of the log about mistakes that clients and pages make: an origin that is not listed, an event that nobody
// listens to. A developer wants to read of each one, at once. A client can make them as often as it likes.
//
//   if (const base::due_remark due = base::ask_for_remark("engine", base::remark::origin, origin))
//     base::log_remark(due, "engine", "…", {{"origin", origin}});
//
// Each kind of mistake has subjects: an origin, the name of an event. A subject gets its line at once, then after 10
// seconds if it happens again, after 20, 40 and so on, up to an hour. Of each kind 16 subjects are remembered; a kind
// has ten lines at once, and one more every ten seconds. A line says how many were left out before it.

#pragma once
#include <cosio/log.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string_view>

#include "base/guarded.hpp"
#include "base/later.hpp"
#include "base/token_bucket.hpp"

namespace cosio::inline v0_2::base {

/// The kinds of mistakes, each with its subject.
enum class remark : std::uint8_t {
  arguments,  // do not fit a handler: the name of the event
  unheard,    // nobody listens to an event: its name
  answer,     // an acknowledgement does not fit: the name of the event
  origin,     // a page may not connect: its origin
  protocol,   // a version that is not spoken: the version
  transport,  // one that does not exist, or is off: its name
  nsp,        // there is no namespace of this name: the name
};
inline constexpr std::size_t remark_kinds = 7;

/// Any thread; guarded by a mutex. Allocates nothing.
class remark_limits {
 public:
  struct verdict {
    bool is_due;
    std::uint64_t left_out;  // lines of this kind before this one, which were not written and not told of
  };

  static constexpr std::size_t most_subjects = 16;  // of a kind
  static constexpr double most_at_once = 10;        // lines of a kind
  static constexpr double per_second = 0.1;         // lines of a kind, afterwards
  static constexpr auto first_pause = std::chrono::seconds(10);
  static constexpr auto longest_pause = std::chrono::hours(1);

  /// One more mistake. @param subject  A hash of its subject.
  verdict take(remark of, std::uint64_t subject, time_point now) noexcept;

 private:
  struct told_subject {
    std::uint64_t hash = 0;
    time_point next{};  // no line before
    std::chrono::seconds pause{0};
  };
  struct kind {
    std::array<told_subject, most_subjects> subjects{};
    token_bucket lines{most_at_once, time_point{}};
    std::uint64_t left_out = 0;
  };

  static told_subject& place_of(kind& in, std::uint64_t hash) noexcept;
  static bool is_due(kind& in, std::uint64_t hash, time_point now) noexcept;

  mutex mutex_;
  std::array<kind, remark_kinds> kinds_ COSIO_GUARDED_BY(mutex_);
};

/// The answer to ask_for_remark().
class due_remark {
 public:
  due_remark() noexcept = default;
  explicit due_remark(std::uint64_t left_out) noexcept : is_due_(true), left_out_(left_out) {}
  /// Whether the line is to be made.
  explicit operator bool() const noexcept { return is_due_; }
  std::uint64_t left_out() const noexcept { return left_out_; }

 private:
  bool is_due_ = false;
  std::uint64_t left_out_ = 0;
};

/// Whether a mistake gets a line now: ask before building the line, for it is rarely due. At level debug it always is.
/// @par Threads  Any.
due_remark ask_for_remark(std::string_view component, remark kind, std::string_view subject) noexcept;

/// Writes the line, at level warn, with the number of those that were left out before it. Any thread; never throws.
/// @param fields  As in log().
/// @param kind    As in log().
void log_remark(const due_remark& due, std::string_view component, std::string_view message,
                std::initializer_list<log_field> fields,
                const std::source_location& kind = std::source_location::current()) noexcept;

}  // namespace cosio::inline v0_2::base
