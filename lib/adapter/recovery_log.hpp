// The memory of connection state recovery: recent packets, and the sessions that may come back. Bounded in time,
// packets, bytes and sessions.
//
//   way in    memory_adapter::broadcast(), emit() -> append()            memory_adapter::persist_session() -> keep()
//   way out   memory_adapter::connect() <- missed()                      memory_adapter::restore_session() <- take()
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
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/later.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::adapters {

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

/// A session that comes back, with its rooms in a set: each event is asked whether its rooms are among them.
class returning_session {
 public:
  /// @param record  Outlives this.
  explicit returning_session(const session_record& record);
  const session_record& record() const noexcept { return record_; }
  bool is_in_any(const std::vector<std::string>& rooms) const;

 private:
  const session_record& record_;
  std::unordered_set<std::string_view, base::text_hash> rooms_;
};

class recovery_log {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param silence  The longest time until a lost connection is noticed. Packets are kept so much longer than
  ///                 sessions, because a client may have missed them before its session was kept.
  /// @param wall_ms  Milliseconds since 1970, now: no offset is earlier.
  recovery_log(const recovery_options& limits, std::chrono::milliseconds silence, std::int64_t wall_ms)
      : limits_(limits), silence_(silence), start_(wall_ms), last_(wall_ms), reserved_(wall_ms) {}

  /// Reserves the position of the next event. It counts once append() is called; a position that is never used leaves
  /// no hole.
  stream_position next(std::int64_t wall_ms) noexcept { return reserved_ = reserved_.next(wall_ms); }
  /// The position of the last event that was appended.
  stream_position last() const noexcept { return last_; }

  /// Keeps an event for its receivers, in the order of positions. @param packet  With its offset, which is `at`.
  void append(stream_position at, std::shared_ptr<const outgoing_packet> packet, const target& to, time_point now);
  /// Keeps an event for one socket, whatever rooms that is in.
  void append(stream_position at, std::shared_ptr<const outgoing_packet> packet, const std::string& id, time_point now);

  /// Keeps a session that ended. One that was taken, and was never admitted, keeps its time.
  void keep(session_record record, time_point now);
  /// Takes a session, so that nobody else can. keep() or admitted() follows, or its time passes.
  /// @param offset  The last offset that the client has. If it is empty, or older than the socket, the position where
  ///                the socket joined is used.
  /// @return the session, whose `since` is the position to resend from; nothing when the session is unknown or too old,
  ///         or when events that it missed were removed. It is removed then.
  std::optional<session_record> take(std::string_view pid, std::string_view offset, time_point now);
  /// A session that was taken has become a socket again: it is removed.
  void admitted(std::string_view pid);

  /// A part of the events that a session has missed.
  struct piece {
    std::vector<std::shared_ptr<const outgoing_packet>> packets;
    stream_position at;                     ///< of the last event that was looked at: the next piece begins behind it
    std::size_t bytes = 0;                  ///< of the packets
    std::optional<stream_position> resent;  ///< of the last packet
    bool is_last = false;                   ///< there are no more events
  };
  /// The next events that a session has missed, in order. A piece looks at a bounded number of events and of names of
  /// rooms, and holds a bounded number of bytes, or one packet.
  /// @param after  piece::at of the piece before; not set: the first piece.
  /// @return nothing when events were removed that the session needs.
  std::optional<piece> missed(const returning_session& who, std::optional<stream_position> after) const;

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
    std::vector<std::string> rooms;  // of a direct event: the id of its socket
    std::vector<std::string> except;
    bool everybody;
    bool direct;
    std::size_t bytes;
    time_point stored;

    bool concerns(const returning_session& who) const;
  };
  struct kept_session {
    session_record record;
    time_point ended;
    std::size_t bytes;
    bool taken;
  };
  using kept_list = std::list<kept_session>;

  bool is_place(stream_position at) const;
  void add(entry e, time_point now);
  void remove_first_entry();
  std::optional<session_record> continued(const kept_session& session, std::string_view offset, time_point now) const;
  void remove(kept_list::iterator which);
  time_point end_of_packet(time_point stored) const {
    return base::later(base::later(stored, limits_.max_disconnection_duration), silence_);
  }

  const recovery_options limits_;
  const std::chrono::milliseconds silence_;
  const stream_position start_;
  stream_position last_;           // of an event that was appended
  stream_position reserved_;       // the last that next() gave out
  stream_position dropped_early_;  // the last event that a limit removed before its time
  stream_position went_in_time_;   // the last event that was removed because of its age
  std::deque<entry> entries_;
  std::size_t bytes_ = 0;
  kept_list sessions_;  // by the time of their end
  std::size_t session_bytes_ = 0;
  base::text_map<kept_list::iterator> by_pid_;
};

}  // namespace cosio::inline v0_2::adapters
