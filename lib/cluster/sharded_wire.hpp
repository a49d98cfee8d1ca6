// The wire of the sharded Redis adapter: sharded Publish/Subscribe of Redis 7, with a channel for each room.
//
//   way out   cluster_adapter -> sharded_wire -> wire_hub -> SPUBLISH
//   way in    smessage -> wire_hub -> wire_channels -> cluster_receiver
//
// Source: @socket.io/redis-adapter 8.3, ShardedRedisAdapter.

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/redis.hpp>

#include <memory>

#include "cluster/sharded_channels.hpp"
#include "cluster/wire_hub.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread.
class sharded_wire final : public cluster_wire, public confirming_wire {
 public:
  sharded_wire(std::shared_ptr<wire_hub> hub, sharded_channels channels)
      : hub_(std::move(hub)), channels_(std::move(channels)) {}

  task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) override;
  task<> stop(std::string nsp, std::string uid) override;
  task<publication> publish(cluster_message message) override;
  task<publication> publish_confirmed(cluster_message message, std::chrono::milliseconds within) override;
  task<publication> answer(std::string requester, cluster_message message) override;
  bool counts_servers() const noexcept override { return true; }
  task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds within) override;

  /// Node does not wait for the confirmation. Then the first member of a room may miss what others send meanwhile.
  task<> room_created(std::string nsp, std::string room) override;
  task<> room_deleted(std::string nsp, std::string room) override;
  bool watches_rooms() const noexcept override { return channels_.watches_rooms(); }

  wire_counts counts() const override { return hub_->counts(); }

 private:
  const std::shared_ptr<wire_hub> hub_;
  const sharded_channels channels_;
};

}  // namespace cosio::inline v0_2::cluster
