// The memory of connection state recovery: recent packets, and the sessions that may come back. Bounded in time,
// packets, bytes and sessions.
//
//   way in    memory_adapter::broadcast(), emit() -> append()            memory_adapter::persist_session() -> keep()
//   way out   memory_adapter::connect() <- replay()                      memory_adapter::restore_session() <- take()
//
// Pure: no lock, no clock; times are handed in.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/options.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text_map.hpp"

namespace cosio::adapters {

/// A position in the stream of events: the millisecond of an event, and its number among the events of
/// that millisecond.
///
/// As text `Q85HVtt`, `Q85HVtt.0`, `Q85HVtt.1`, …: both in base 64 with the digits 0-9A-Za-z-_ .
class stream_position {
 public:
  constexpr stream_position() noexcept = default;
  constexpr explicit stream_position(std::int64_t milliseconds, std::uint64_t number = 0) noexcept
      : ms_(milliseconds), number_(number) {}

  /// The next position. It is later than this one, even when the clock stands still or goes back.
  stream_position next(std::int64_t now_ms) const noexcept {
    return now_ms > ms_ ? stream_position(now_ms) : stream_position(ms_, number_ + 1);
  }
  std::string text() const;
  /// @return nothing for any text that text() does not write.
  static std::optional<stream_position> parse(std::string_view text) noexcept;

  friend constexpr auto operator<=>(const stream_position&, const stream_position&) noexcept = default;

 private:
  std::int64_t ms_ = 0;
  std::uint64_t number_ = 0;
};

class recovery_log {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param silence  The longest time until a lost connection is noticed. Packets are kept so much longer than
  ///                 sessions, because a client may have missed them before its session was kept.
  /// @param wall_ms  Milliseconds since 1970, now: no offset is earlier.
  recovery_log(const recovery_options& limits, std::chrono::milliseconds silence, std::int64_t wall_ms)
      : limits_(limits), silence_(silence), start_(wall_ms), last_(wall_ms) {}

  /// The position of the next event; append() must follow.
  stream_position next(std::int64_t wall_ms) noexcept { return last_ = last_.next(wall_ms); }
  /// The position of the last event.
  stream_position last() const noexcept { return last_; }

  /// Keeps an event for its receivers. @param packet  With its offset, which is `at`.
  void append(stream_position at, std::shared_ptr<const outgoing_packet> packet, const target& to, time_point now);

  /// Keeps a session that ended.
  void keep(session_record record, time_point now);
  /// Takes a session out of the log; it is removed in any case.
  /// @param offset  The last offset that the client has. If it is empty, or older than the socket, the position where
  ///                the socket joined is used.
  /// @return the session, whose `since` is the position to resend from; nothing when the session is unknown or too old,
  ///         or when events that it missed were removed.
  std::optional<session_record> take(std::string_view pid, std::string_view offset, time_point now);

  /// Calls `each` with every packet that a session has missed, and its position, in order. @return false when some of
  /// them were removed; then `each` is not called.
  template <class F>
  bool replay(const session_record& who, F each) const {
    const auto from = stream_position::parse(who.since);
    if (!from || !is_whole_since(*from) || *from < went_in_time_) return false;
    for (const entry& e : entries_)
      if (e.at > *from && e.concerns(who.rooms)) each(e.packet, e.at);
    return true;
  }

  /// Removes everything that is too old.
  void trim(time_point now);
  /// The time when the next entry becomes too old, if there is any.
  std::optional<time_point> next_trim() const;

  std::size_t packets() const noexcept { return entries_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t sessions() const noexcept { return sessions_.size(); }

 private:
  struct entry {
    stream_position at;
    std::shared_ptr<const outgoing_packet> packet;
    std::vector<std::string> rooms;
    std::vector<std::string> except;
    bool everybody;
    std::size_t bytes;
    time_point stored;

    bool concerns(const std::vector<std::string>& session_rooms) const;
  };
  struct kept_session {
    session_record record;
    time_point ended;
  };

  bool is_place(stream_position at) const;
  bool is_whole_since(stream_position from) const { return is_place(from) && from >= dropped_early_; }
  void remove_first_entry();
  void remove_first_session();
  std::chrono::milliseconds packet_life() const { return limits_.max_disconnection_duration + silence_; }

  const recovery_options limits_;
  const std::chrono::milliseconds silence_;
  const stream_position start_;
  stream_position last_;
  stream_position dropped_early_;  // the last event that a limit removed before its time
  stream_position went_in_time_;   // the last event that was removed because of its age
  std::deque<entry> entries_;
  std::size_t bytes_ = 0;
  base::text_map<kept_session> sessions_;                   // by pid
  std::deque<std::pair<time_point, std::string>> by_time_;  // pids; some of them were taken already
};

}  // namespace cosio::adapters
