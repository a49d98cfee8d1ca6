// The channels of the sharded Redis adapter: their names, and which of them a message goes to.
//
// Pure: no I/O, no clock, no lock.
// Source: @socket.io/redis-adapter 8.3, ShardedRedisAdapter.

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/redis.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::cluster {

/// The length of a text as JavaScript counts it: in UTF-16 units.
std::size_t utf16_size(std::string_view text) noexcept;

/// @par Threads  Immutable: any.
class sharded_channels {
 public:
  sharded_channels(std::string prefix, subscription_mode mode);

  /// Every server listens to the main channel of a namespace.
  std::string main(std::string_view nsp) const;
  /// The channel of the answers to one server.
  std::string answers(std::string_view nsp, std::string_view uid) const;
  std::string room(std::string_view nsp, std::string_view room) const;

  /// Whether a server listens to a channel of the room's own, when it has a socket in it.
  ///
  /// With subscription_mode::dynamic not for names of 20 characters, because nobody publishes there. It does for the
  /// ids of Engine.IO 3 (`/nsp#…`): a server of Node takes them for names of rooms, and publishes there.
  bool has_channel(std::string_view room) const noexcept;
  /// The channel on which a message that is no answer is published.
  ///
  /// With subscription_mode::dynamic an event for one room goes to its channel. But if the room may be the one of a
  /// socket's id, it goes to the main channel: servers of Node do not listen to channels of ids.
  std::string of(const cluster_message& message) const;

  bool watches_rooms() const noexcept { return mode_ != subscription_mode::static_; }

 private:
  const std::string prefix_;
  const subscription_mode mode_;
};

}  // namespace cosio::inline v0_2::cluster
