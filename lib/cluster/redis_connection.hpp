// The insides of a link: the commands whose replies have not come, and the buffers of one connection.

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/deadlines.hpp"
#include "cluster/redis_stream.hpp"
#include "cluster/redis_value.hpp"

namespace cosio::inline v0_2::cluster {

/// The kinds of channels. The order is that of subscribing: who is counted by NUMSUB receives broadcasts already.
enum class redis_channel : std::uint8_t { pattern, shard, plain };

/// The command that subscribes to a channel, or its opposite.
const char* subscription_verb(redis_channel kind, bool on) noexcept;

/// Bytes that are read at once, and written at once: the peer has its time for each of them.
constexpr std::size_t redis_room_bytes = 32 * 1024;
constexpr std::size_t redis_piece_bytes = 256 * 1024;

/// A command whose reply has not come. On the strand of its link.
class redis_waiting {
 public:
  enum class kinds : std::uint8_t { command, greeting, on, off };

  using answered = std::function<void(redis_value)>;
  using key = std::pair<redis_channel, std::string>;

  explicit redis_waiting(answered to) : then(std::move(to)) {}
  redis_waiting(kinds of, std::string name) : kind(of), what(std::move(name)) {}
  redis_waiting(kinds of, key name, std::uint64_t which) : kind(of), channel(std::move(name)), number(which) {}

  kinds kind = kinds::command;
  answered then;
  std::string what;  // greeting
  key channel;       // on, off
  std::uint64_t number = 0;
  bool is_publication = false;  // the reply is a number
  std::uint64_t end = 0;        // the place of its last byte among all that are sent
  async::time_point sent{};     // when it was put in line, or its last byte was written while it was the first in line
};

/// The stream and the buffers of one connection. On the strand of its link.
class redis_connection {
 public:
  std::shared_ptr<redis_stream> stream;
  redis_reader reader;
  std::array<char, redis_room_bytes> room{};
  std::string outgoing;
  std::string writing;  // must stay until the stream has written it
  std::size_t written = 0;
  std::uint64_t queued_bytes = 0;   // all, since the connection was made
  std::uint64_t written_bytes = 0;  // of these: they are with the kernel, and Redis may have none of them
  bool is_writing = false;
  bool subscribes = false;  // lists may be messages
  std::deque<redis_waiting> line;
  async::time_point heard{};    // some bytes have come
  async::time_point replied{};  // a whole reply, or a message
  async::time_point wrote{};    // some bytes were written
  async::time_point connected{};

  /// Whether all bytes of the first command in line are written.
  bool is_first_out() const noexcept { return line.front().end <= written_bytes; }
  /// Bytes were written.
  void count_written(std::size_t bytes, async::time_point now);
  /// How long Redis owes the reply to the first command in line, which must be there. What this server writes is no
  /// sign of life: the kernel takes it without Redis. It counts as long as that command is not written as a whole.
  async::time_point owes_since(bool is_greeting) const noexcept;
};

}  // namespace cosio::inline v0_2::cluster
