// The wire of the sharded Redis adapter.

#include "cluster/sharded_wire.hpp"

#include <utility>

#include "async/spawn.hpp"
#include "cluster/redis_slots.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

publication publish_on(wire_hub& hub, std::string channel, std::string message,
                       std::shared_ptr<wire_receipt> receipt = nullptr) {
  const std::uint16_t slot = redis_slot(channel);
  std::vector<std::string> words{"SPUBLISH"};
  words.push_back(std::move(channel));
  words.push_back(std::move(message));
  return hub.publish(slot, std::move(words), std::move(receipt));
}

}  // namespace

task<> sharded_wire::listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) {
  std::vector<std::string> channels;
  channels.push_back(channels_.answers(nsp, uid));
  channels.push_back(channels_.main(nsp));
  auto who = std::make_shared<wire_listener>(std::move(nsp), std::move(uid), std::move(to));
  return hub_->listen(std::move(who), std::move(channels));
}

task<> sharded_wire::stop(std::string, std::string uid) { return hub_->stop(std::move(uid)); }

task<publication> sharded_wire::publish(cluster_message message) {
  return published(publish_on(*hub_, channels_.of(message), write_message(message)));
}

task<publication> sharded_wire::publish_confirmed(cluster_message message, std::chrono::milliseconds within) {
  auto send = [hub = hub_, channel = channels_.of(message), text = write_message(message)](
                  std::shared_ptr<wire_receipt> receipt) { publish_on(*hub, channel, text, std::move(receipt)); };
  return publish_by(hub_->presence(), &hub_->timers(), within, std::move(send));
}

task<publication> sharded_wire::answer(std::string requester, cluster_message message) {
  return published(publish_on(*hub_, channels_.answers(message.nsp, requester), write_message(message)));
}

task<std::optional<std::size_t>> sharded_wire::server_count(std::string nsp, std::chrono::milliseconds within) {
  return wire_hub::count_subscribers(hub_, channels_.main(nsp), within);
}

task<> sharded_wire::room_created(std::string nsp, std::string room) {
  if (!channels_.has_channel(room)) return async::nothing();
  std::string channel = channels_.room(nsp, room);
  return hub_->add_channel(std::move(nsp), std::move(channel));
}

task<> sharded_wire::room_deleted(std::string nsp, std::string room) {
  if (channels_.has_channel(room)) {
    std::string channel = channels_.room(nsp, room);
    hub_->remove_channel(std::move(nsp), std::move(channel));
  }
  return async::nothing();
}

}  // namespace cosio::inline v0_2::cluster
