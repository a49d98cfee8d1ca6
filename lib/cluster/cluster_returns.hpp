// Sessions that come back from the store of a wire: between cluster_wire::take_session() and connect().
//
// take_session() brings the events that a session has missed up to some place of the stream. Events that this server
// receives meanwhile are kept here: the session gets those behind that place before it is admitted, and nothing twice.
//
// Pure: no lock, no clock; times are handed in.

#pragma once
#include <cosio/cluster.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.hpp"

namespace cosio::inline v0_2::cluster {

/// An event of the stream that this server has received while a session was coming back.
class live_event {
 public:
  std::shared_ptr<const outgoing_packet> packet;  ///< with its offset
  target to;
  std::string offset;
  std::size_t bytes = 0;
};

class cluster_returns {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A session that is coming back.
  class session {
   public:
    std::string id;                           ///< of the socket; empty before hold()
    std::deque<kept_session::missed> events;  ///< the events of take_session() that the client has not been sent yet
    std::string upto;                         ///< the events are whole up to here
    std::uint64_t next = 0;                   ///< the number of the next live event to be looked at
    time_point until;                         ///< nobody will admit it afterwards
    time_point moved;                         ///< it was held, or its client has taken an event
    std::size_t bytes = 0;                    ///< of the events
  };
  using session_ptr = std::shared_ptr<session>;

  /// A session begins to come back. An earlier attempt of it is given up. @return null when too many come back.
  session_ptr begin(const std::string& pid, time_point now, time_point until);
  /// Whether there is room for what take_session() has brought. Sessions that were given up make room, and so do those
  /// whose clients have taken nothing for five seconds. Little that was missed has some room of its own.
  bool has_room(const std::vector<kept_session::missed>& events, time_point now);
  /// Keeps it. @param of  Of begin(). @param id  Of the socket.
  /// @return false when that is too much, or the session has been given up.
  bool hold(std::string_view pid, const session_ptr& of, std::string id, std::vector<kept_session::missed> events,
            std::string upto, time_point now);
  /// The next event that its client gets, and is ready for. Nothing: there is no more, or it has been given up.
  std::optional<kept_session::missed> next_missed(std::string_view pid, const session_ptr& of, time_point now);
  /// Null when it is not coming back.
  session_ptr find(std::string_view pid) const;
  /// It is admitted, or will not be.
  void end(std::string_view pid);
  /// The same, unless there is a later attempt.
  void end(std::string_view pid, const session_ptr& of);
  /// The same by the socket: it has left, or was refused.
  void end_of_socket(std::string_view id);
  /// The live events of all sessions are not whole: none can be admitted.
  void end_all();

  /// Whether live events are wanted.
  bool wants_events() const noexcept { return !sessions_.empty(); }
  void add(live_event event, time_point now);
  /// Whether live events from a number on are not there any more. The last one of them has the offset dropped().
  bool has_dropped(std::uint64_t number) const noexcept { return number < first_; }
  const std::string& dropped() const noexcept { return dropped_; }
  /// The live events from a number on, as far as they are there.
  std::vector<live_event> events_from(std::uint64_t number) const;
  std::uint64_t next_number() const noexcept { return first_ + events_.size(); }

 private:
  using session_map = base::text_map<session_ptr>;
  session_map::iterator erase(session_map::iterator which);
  void expire(time_point now);
  bool end_idle(time_point now);
  void forget_events();

  session_map sessions_;
  base::text_map<std::string> pids_;        // by the id of the socket
  time_point soonest_ = time_point::max();  // no session is over before it
  std::size_t held_bytes_ = 0;              // of all sessions
  std::deque<live_event> events_;
  std::uint64_t first_ = 0;  // the number of the first event
  std::string dropped_;      // the offset of the one before it
  std::size_t bytes_ = 0;
};

}  // namespace cosio::inline v0_2::cluster
