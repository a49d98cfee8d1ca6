// Entries of a Redis stream that are messages between servers, and the name of the stream of a namespace.
//
// Pure: no I/O, no clock, no lock. What other servers write is not trusted.
// Source: @socket.io/redis-streams-adapter 0.3.1.

#pragma once
#include <cosio/cluster.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/redis_value.hpp"

namespace cosio::inline v0_2::cluster {

/// The id of an entry, `<milliseconds>-<number>`. It is the offset that clients are given.
/// @par Threads  A value.
class stream_id {
 public:
  stream_id() = default;
  stream_id(std::uint64_t when, std::uint64_t which) : ms(when), number(which) {}
  /// Nothing for text that is not `^[0-9]+-[0-9]+$`, or too large for Redis.
  static std::optional<stream_id> parse(std::string_view text) noexcept;

  std::string text() const;
  /// The smallest id behind it.
  stream_id next() const noexcept;
  /// The greatest id before it.
  stream_id before() const noexcept;
  friend auto operator<=>(const stream_id&, const stream_id&) = default;

  std::uint64_t ms = 0;
  std::uint64_t number = 0;
};

/// The stream of a namespace among `count` streams. Node's hash can be negative. Then the name ends with `--1`, `--2`…,
/// and servers of Node write to a stream that they do not read. A server of this library reads it, too.
std::string stream_of(const std::string& name, unsigned count, std::string_view nsp);
/// Whether servers of Node read the stream of a namespace.
bool node_reads_stream_of(unsigned count, std::string_view nsp) noexcept;

/// An entry as Redis gives it. The views are those of the reply.
class stream_entry {
 public:
  /// Nothing when it is no entry of a stream.
  static std::optional<stream_entry> of(const redis_value& item);

  stream_id id;
  std::string_view uid;
  std::string_view nsp;
  std::string_view type;
  std::string_view data;
  std::string_view mark;  ///< see write_entry()
};

/// Where a stream begins and ends.
/// @par Threads  A value.
class stream_extent {
 public:
  /// @param reply  To XINFO STREAM. An error that there is no such key is a stream without entries.
  static std::optional<stream_extent> of(const redis_value& reply);

  /// An id that no entry that was removed has, as far as the stream shows: everything behind it is there.
  stream_id before_first() const noexcept { return first ? first->before() : last; }
  /// Whether no entry was ever removed. Redis 7 counts those that were added; an older one cannot say.
  bool is_untouched() const noexcept { return length && added && *length == *added; }

  std::optional<stream_id> first;  ///< of the entries that are left
  stream_id last;                  ///< of those that were ever added
  std::optional<std::int64_t> length;
  std::optional<std::int64_t> added;
};

/// The names and values of an entry, in Node's order.
/// @param mark  Is written as one more field, which Node ignores: a server recognizes its own entries by it. Empty:
///              there is none.
std::vector<std::string> write_entry(const cluster_message& message, std::string_view mark);
/// Nothing for an entry that is no message. It is refused whole.
std::optional<cluster_message> read_entry(const stream_entry& entry);

}  // namespace cosio::inline v0_2::cluster
