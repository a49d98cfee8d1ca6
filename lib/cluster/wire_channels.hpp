// The channels of Redis that a wire listens to, and who gets their messages.
//
//   way in   redis_nodes -> wire_channels::receive() -> cluster_receiver::received() of the namespace
//
// Two namespaces can have a channel in common, because clients choose the names of rooms and namespaces: the room `x`
// of `/a` has the channel of the namespace `/a#x`. A message names its namespace, and only that one gets it.

#pragma once
#include <cosio/cluster.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text_map.hpp"
#include "cluster/confirmation.hpp"
#include "cluster/redis_nodes.hpp"

namespace cosio::inline v0_2::cluster {

/// A namespace that listens.
class wire_listener {
 public:
  wire_listener(std::string name, std::string who, std::shared_ptr<cluster_receiver> receiver);

  /// Whether JSON text is a message of its own, by the end of the text: servers write uid and nsp last. A message that
  /// ends otherwise must be read to know.
  bool wrote(std::string_view message) const noexcept { return message.ends_with(own_end_); }

  const std::string nsp;
  const std::string uid;
  const std::shared_ptr<cluster_receiver> to;
  bool is_told_lost = false;  ///< lost() was called, and restored() was not; on the strand of the wire

 private:
  std::string own_end_;
};

/// Everything on the strand of the link.
class wire_channels {
 public:
  wire_channels(std::shared_ptr<redis_nodes> link, redis_channel kind) : link_(std::move(link)), kind_(kind) {}

  /// Listens to a channel. One namespace may add a channel several times; it must remove it as often.
  /// @param done  Is given when Redis has confirmed the subscription, when the connection is lost or the channel is
  ///              removed first, and at once without a connection. It may be null.
  void add(const std::string& channel, const std::shared_ptr<wire_listener>& to,
           const std::shared_ptr<confirmation>& done);
  void remove(const std::string& channel, const std::shared_ptr<wire_listener>& of);
  /// Removes whatever a namespace has added.
  void remove_all(const std::shared_ptr<wire_listener>& of);

  /// Gives a message to the namespaces that listen to its channel and that it names.
  /// @return the number of messages of other servers that were given: 0 or 1 but for shared channels.
  std::size_t receive(std::string_view channel, std::string_view payload) const;
  /// The connection was lost: nobody waits any longer. The link subscribes again by itself.
  void lost() noexcept;

 private:
  struct use {
    std::shared_ptr<wire_listener> by;
    std::size_t count;
  };
  struct entry {
    std::vector<use> uses;
    bool is_confirmed = false;
    std::vector<std::shared_ptr<confirmation>> waiting;

    void end_waits() noexcept;
  };

  void drop(const std::string& channel);

  const std::shared_ptr<redis_nodes> link_;
  const redis_channel kind_;
  base::text_map<std::shared_ptr<entry>> entries_;
  mutable std::atomic<bool> has_told_foreign_{false};  // the log
};

}  // namespace cosio::inline v0_2::cluster
