// The broadcasts that this server has read of a stream, for clients that come back: most of them are served without a
// question to Redis. Bounded in entries, bytes and time.
//
//   way in   streams_tail -> add()          way out   streams_restore <- missed()
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cosio/cluster.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/text_map.hpp"
#include "cluster/streams_entry.hpp"

namespace cosio::inline v0_2::cluster {

/// Whether an entry is an event that a client can have missed: a broadcast that nobody acknowledges, and not a volatile
/// one. Node sends volatile ones again, too.
bool can_be_missed(const cluster_message& message) noexcept;

/// The rooms of a session that comes back. It must not outlive the record.
class session_rooms {
 public:
  explicit session_rooms(const session_record& record)
      : id_(record.id), rooms_(record.rooms.begin(), record.rooms.end()) {}
  /// Whether a broadcast is for it.
  bool are_in(const target& to) const;

 private:
  bool is_in_any(const std::vector<std::string>& rooms) const;
  const std::string_view id_;
  std::unordered_set<std::string_view, base::text_hash, std::equal_to<>> rooms_;
};

struct streams_index_limits {
  std::size_t max_entries = 100'000;
  std::size_t max_bytes = 67'108'864;
  std::chrono::milliseconds max_age{120'000};  ///< by the times in the ids
};

/// One thread at a time.
class streams_index {
 public:
  explicit streams_index(streams_index_limits limits) : limits_(limits) {}

  /// Forgets everything: reading begins behind this id.
  void begin(stream_id at);
  /// The next entry of the stream. @param bytes  Its size.
  void add(stream_id at, std::shared_ptr<const cluster_message> message, std::size_t bytes);

  /// Whether all entries behind this id are here, as far as they were read.
  bool covers(stream_id after) const noexcept { return begun_ && after >= start_; }
  /// Every entry from here on was read, or dropped since.
  stream_id start() const noexcept { return start_; }
  /// Whether a broadcast has this id.
  bool knows(stream_id id) const noexcept;
  /// The broadcasts of a namespace behind an id that are for a session.
  /// @return false when they have more bytes than `max_bytes`. Then `into` has a part of them.
  bool missed(std::string_view nsp, const session_rooms& rooms, stream_id after, std::size_t max_bytes,
              std::vector<kept_session::missed>& into) const;

  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    stream_id id;
    std::shared_ptr<const cluster_message> message;
    std::size_t bytes;
  };

  void trim();

  const streams_index_limits limits_;
  bool begun_ = false;
  stream_id start_;
  std::deque<entry> entries_;  // in the order of ids
  std::size_t bytes_ = 0;
};

}  // namespace cosio::inline v0_2::cluster
