// The line of what pages of the dashboard are still to be told: the changes of sockets, and events.
//
//   joined(), moved(), left(), … -> one record for each socket -> the line -> next() -> what changed since it was told
//
// The changes of one socket that come while it waits in the line become one: a room that was joined and left again is
// not told, nor a socket that came and went. So the line has each socket once, however much happens. Events are kept as
// text, up to a number of bytes; above that they are counted and left out.

#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/guarded.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::socketio {
class socket_core;
}

namespace cosio::inline v0_2::admin {

/// One thing to tell: of a socket, or an event.
struct news {
  enum class kind : std::uint8_t { connected, changed, gone, event };
  kind what = kind::event;
  std::string nsp;
  std::string id;
  std::weak_ptr<socketio::socket_core> who;  // of a socket that is there
  std::int64_t at = 0;                       // milliseconds since 1970
  std::vector<std::string> rooms;            // connected: all of them; gone: those that were told
  std::map<std::string, bool> moves;         // changed: rooms, and whether it is in
  bool transport = false;                    // changed: it is another one
  bool data = false;                         // changed: they are others
  std::string reason;                        // gone
  std::string event;                         // the name of the packet
  std::string text;                          // event: its packet
};

/// @par Threads  Any; guarded by its own mutex, which is held for a few instructions. It calls nobody.
class backlog {
 public:
  explicit backlog(std::size_t most_event_bytes) noexcept : most_(most_event_bytes) {}

  /// One socket, as the pages know it.
  class record;
  using record_ptr = std::shared_ptr<record>;

  // ---------------------------------------------------------------- in
  /// Whether pages are there. Without them records are kept, and nothing waits.
  void audience(bool is_there);
  /// @param rooms  Its rooms at this moment. Changes that were told before do not matter.
  void joined(std::string_view nsp, std::string_view id, std::weak_ptr<socketio::socket_core> who,
              std::vector<std::string> rooms, std::int64_t at);
  void moved(std::string_view nsp, std::string_view id, std::string_view room, bool is_in);
  void upgraded(std::string_view nsp, std::string_view id);
  void data_changed(std::string_view nsp, std::string_view id);
  void left(std::string_view nsp, std::string_view id, std::string_view why, std::int64_t at);
  /// Whether there is room for an event: ask before making its text. If not, the event is counted as left out.
  bool has_room() noexcept;
  /// An event that does not fit is left out and counted.
  void event(std::string name, std::string text);
  /// Forgets all.
  void clear();

  // ---------------------------------------------------------------- out
  bool empty() const;
  std::uint64_t left_out() const noexcept { return left_out_.load(std::memory_order_relaxed); }
  /// Takes what is the first in the line: whoever takes it tells it. Nothing when the line is empty.
  std::optional<news> next();
  /// All sockets that are there.
  std::vector<record_ptr> records() const;
  /// A socket as the pages know it, with the rooms that they have been told of. Nothing while they do not know it.
  std::optional<news> known(const record& of) const;

 private:
  using waiting_event = std::pair<std::string, std::string>;  // name, text
  using entry = std::variant<record_ptr, waiting_event>;
  static std::string key_of(std::string_view nsp, std::string_view id);
  record_ptr find(std::string_view nsp, std::string_view id) const COSIO_REQUIRES(mutex_);
  void mark(std::string_view nsp, std::string_view id, bool record::* change);
  void queue(const record_ptr& one) COSIO_REQUIRES(mutex_);
  static news describe(record& of);

  const std::size_t most_;
  std::atomic<bool> is_full_{false};  // from an event that did not fit until half of the room is free
  std::atomic<std::uint64_t> left_out_{0};
  mutable base::mutex mutex_;
  base::text_map<record_ptr> sockets_ COSIO_GUARDED_BY(mutex_);
  std::deque<entry> line_ COSIO_GUARDED_BY(mutex_);
  std::size_t event_bytes_ COSIO_GUARDED_BY(mutex_) = 0;
  bool audience_ COSIO_GUARDED_BY(mutex_) = false;
};

}  // namespace cosio::inline v0_2::admin
