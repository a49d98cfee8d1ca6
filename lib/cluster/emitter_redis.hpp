// The wire of an emitter to servers with the classic Redis adapter: it publishes, and receives nothing.
//
//   way out   emitter_core -> publish() -> PUBLISH on the channels of redis_adapter

#pragma once
#include <cosio/cluster.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/redis_nodes.hpp"
#include "cluster/wire_load.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// A channel, and the bytes that are published there.
struct classic_message {
  std::string channel;
  std::string bytes;
};

/// The form of a message for servers with the classic adapter. Pure.
/// @param key  redis_options::key.
/// @throws error errc::not_supported for messages that emitters do not send.
/// @par Source  @socket.io/redis-emitter 5.1.
classic_message write_classic(const cluster_message& message, const std::string& key);

/// @par Threads  Any; the connections belong to its strand.
class emitter_redis final : public cluster_wire, public confirming_wire {
 public:
  emitter_redis(async::executor on, async::deadlines& timers, redis_address where, redis_settings how, std::string key);
  ~emitter_redis() override;

  void start();

  /// @throws error errc::not_supported, always: no server can be made with it. So does stop().
  task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) override;
  task<> stop(std::string nsp, std::string uid) override;
  task<publication> publish(cluster_message message) override;
  task<publication> publish_confirmed(cluster_message message, std::chrono::milliseconds within) override;
  wire_counts counts() const override { return load_->counts(1); }

 private:
  const async::strand strand_;
  async::deadlines& timers_;
  const std::string key_;
  const std::shared_ptr<wire_presence> presence_ = std::make_shared<wire_presence>();
  const std::shared_ptr<wire_load> load_ = std::make_shared<wire_load>(0);
  const std::shared_ptr<redis_nodes> nodes_;
};

}  // namespace cosio::inline v0_2::cluster
