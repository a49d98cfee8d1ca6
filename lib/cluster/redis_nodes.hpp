// Connections to all masters of one Redis: to a single server, to the master that Sentinels know, or to each master of
// a Redis Cluster.
//
//   a command or a subscription -> the slot -> the link to its master
//
// In a cluster another link, the guide, asks any node for the table of slots: at first, when a link is lost, and when a
// node says MOVED. Subscriptions follow their slots.

#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/redis_link.hpp"
#include "cluster/redis_sentinels.hpp"
#include "cluster/redis_slots.hpp"

namespace cosio::inline v0_2::cluster {

/// Everything on its strand.
class redis_nodes final : public async::deadline, public std::enable_shared_from_this<redis_nodes> {
 public:
  /// A connection with subscriptions takes no other commands, so these are two sets of connections. For commands there
  /// is one to each master, for subscriptions to the masters that are needed.
  enum class uses : std::uint8_t { commands, subscriptions };

  redis_nodes(async::strand on, async::deadlines& timers, redis_address to, redis_settings how, uses use,
              std::shared_ptr<redis_outage> shared = std::make_shared<redis_outage>());
  ~redis_nodes() override;

  /// @param ready    Called when every link that is needed is connected; again after every loss.
  /// @param message  Called with every message of the subscriptions.
  /// @param lost     Called when that is so no more.
  void start(std::function<void()> ready, redis_link::on_message message = {},
             std::function<void(const std::string&)> lost = {});

  /// Sends a command to the master of a slot: redis_slot() of its key. Slot 0 serves for commands without a key. A
  /// MOVED is followed once, when there is a connection to that place. So is an ASK: of a key that has gone to another
  /// master, or is new, while its slot moves there.
  void command(std::uint16_t slot, const std::vector<std::string>& words, redis_link::answered then);
  /// Sends a command to all masters. @param then  Called once, with the replies.
  void command_all(const std::vector<std::string>& words, std::function<void(std::vector<redis_value>)> then);

  /// Shard channels at the master of their slot, all others at that of slot 0: Publish/Subscribe reaches all nodes.
  void subscribe(redis_channel kind, std::string name, std::function<void()> confirmed = {});
  void unsubscribe(redis_channel kind, const std::string& name);

  void close();
  bool connected() const noexcept { return connected_; }
  void on_deadline() override;

 private:
  using key = std::pair<redis_channel, std::string>;
  struct subscription {
    std::optional<redis_host> at;  // none: no master has its slot, as far as we know
    std::shared_ptr<std::function<void()>> confirmed;
  };

  std::uint16_t slot_of(const key& channel) const;
  std::optional<redis_host> place_of(std::uint16_t slot) const;
  redis_link* link_at(const redis_host& where);
  redis_link* link_of(std::uint16_t slot);
  void make_link(const redis_host& where, redis_address to);
  void place(const key& channel, subscription& one);
  void place_all();

  void start_guide();
  void refresh();
  void ask_guide();
  void take_slots(const redis_value& reply);
  bool channel_moved(const redis_host& from, const std::string& channel);
  void drop_links();
  bool all_connected() const;
  void check();

  const async::strand strand_;
  async::deadlines& timers_;
  const redis_address to_;
  redis_settings how_;
  const uses use_;
  const std::shared_ptr<redis_outage> outage_;
  std::function<void()> ready_;
  redis_link::on_message message_;
  std::function<void(const std::string&)> lost_;

  std::shared_ptr<redis_sentinels> sentinels_;
  std::shared_ptr<redis_link> guide_;
  redis_host guided_by_;
  std::size_t next_guide_ = 0;
  redis_slots slots_;
  std::map<redis_host, std::shared_ptr<redis_link>> links_;
  std::map<key, subscription> channels_;
  bool will_refresh_ = false;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace cosio::inline v0_2::cluster
