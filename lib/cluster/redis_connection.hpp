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
  async::time_point sent{};
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
  bool is_writing = false;
  bool subscribes = false;  // lists may be messages
  std::deque<redis_waiting> line;
  async::time_point heard{};  // the last sign of life: it has sent, or taken, some bytes
  async::time_point connected{};
};

}  // namespace cosio::inline v0_2::cluster
