// The lines of the log that a client can cause as often as it likes: how many of them are written. Each line is of a
// kind, and says how many lines of its kind were left out before it.
//
//   a place    The lines of one place in the source. In one second the first five are written, then the 10th, the
//              100th, the 1,000th and so on. So a flood is seen at once, with its size, and costs a few lines. Where
//              lines are about one client, such as those about its handlers that fail, a client gets eight of them in
//              two minutes, and what it causes then counts for no place: so it hides the lines of no other client.
//   a mistake  The lines about one kind of mistake. Each has a subject, such as an origin or the name of an event, and
//              a client. A subject gets its line at once, then after 10 seconds if it happens again, after 20, 40 and
//              so on, up to an hour. A client gets eight lines in two minutes: enough for a page with several mistakes,
//              and fewer than come back in that time, which leaves lines to the others. All together get 24 lines at
//              once, and one more every ten seconds.

#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/guarded.hpp"
#include "base/later.hpp"
#include "base/token_bucket.hpp"

namespace cosio::inline v0_2::base {

/// The kinds of mistakes, each with its subject.
enum class remark : std::uint8_t {
  arguments,  // do not fit a handler: the sentence about it, without numbers that the client chooses
  unheard,    // nobody listens to an event: its name
  answer,     // an acknowledgement does not fit: the sentence about it, without such numbers
  origin,     // a page may not connect: its origin
  protocol,   // a version that is not spoken: the version
  transport,  // one that does not exist, or is off: its name
  nsp,        // there is no namespace of this name: the name
  auth,       // the payload of a CONNECT is no object: the namespace
  path,       // a client of Engine.IO asks for a path that nobody serves: the path
};
inline constexpr std::size_t remark_kinds = 9;

/// A mistake that a line would tell of.
struct mistake {
  remark kind;
  std::uint64_t subject;  // a hash
  std::uint64_t client;   // a hash; 0: it is not known, and only the other limits hold
};

/// Any thread; guarded by a mutex. Allocates nothing.
class line_limits {
 public:
  struct verdict {
    bool is_written;
    std::uint64_t left_out;  // lines of this kind before this one that were not written, and not told of
    bool is_last = false;    // the client gets no more lines of this kind until its time is over
  };

  static constexpr std::uint64_t whole_lines = 5;  // of a place, in a second, before some are left out

  static constexpr auto first_pause = std::chrono::seconds(10);
  static constexpr auto longest_pause = std::chrono::hours(1);
  static constexpr unsigned lines_of_client = 8;  // of a kind, in client_period
  static constexpr auto client_period = std::chrono::minutes(2);
  static constexpr double most_at_once = 24;  // lines of a kind
  static constexpr double per_second = 0.1;   // lines of a kind, afterwards
  // In client_period a kind has no more lines, so no client is forgotten before its period is over, and no subject
  // before its first pause.
  static constexpr std::size_t most_clients = 40;
  static constexpr std::size_t most_subjects = 40;
  static constexpr double lines_back = per_second * std::chrono::seconds(client_period).count();  // in client_period
  static_assert(most_at_once + lines_back <= most_clients && most_at_once + lines_back <= most_subjects);
  static_assert(lines_of_client < lines_back);  // one client alone cannot use up all lines

  /// One more line. @param file,line  The place in the source.
  verdict take(const char* file, std::uint32_t line, time_point now) noexcept;
  /// The same for a line about one client. @param client  A hash.
  verdict take(const char* file, std::uint32_t line, std::uint64_t client, time_point now) noexcept;
  /// One more mistake.
  verdict take(const mistake& of, time_point now) noexcept;
  /// From now on it is as if no line had been written: a new sink has read none.
  void begin_anew() noexcept;

 private:
  struct counted_kind {
    verdict settle(bool is_due) noexcept;
    std::uint64_t left_out = 0;
  };
  struct place : counted_kind {
    bool is_due(time_point now) noexcept;
    time_point began{};
    std::uint64_t in_second = 0;
  };
  struct told_subject {
    void told(std::uint64_t subject, time_point now) noexcept;
    std::uint64_t hash = 0;
    time_point next{};  // no line before
    std::chrono::seconds pause{0};
  };
  struct told_client {
    bool has_all(std::uint64_t client, time_point now) const noexcept;
    bool told(std::uint64_t client, time_point now) noexcept;  // whether that was its last line
    std::uint64_t hash = 0;
    time_point next{};  // it has all of its lines again
    unsigned lines = 0;
  };
  struct remark_kind : counted_kind {
    bool is_due(const mistake& of, time_point now, bool& is_last) noexcept;
    std::array<told_subject, most_subjects> subjects{};
    std::array<told_client, most_clients> clients{};
    token_bucket lines{most_at_once, time_point{}};
  };

  mutex mutex_;
  std::array<place, 256> places_ COSIO_GUARDED_BY(mutex_);
  std::array<remark_kind, remark_kinds> remarks_ COSIO_GUARDED_BY(mutex_);
  std::array<told_client, most_clients> clients_ COSIO_GUARDED_BY(mutex_);  // of places: each has its own
};

/// Those of the log. Never destroyed: threads may log while the process ends.
line_limits& limits_of_log();

}  // namespace cosio::inline v0_2::base
