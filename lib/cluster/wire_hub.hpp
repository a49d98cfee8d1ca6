// The connections of a wire over Redis, which all namespaces of a server share: one publishes and asks, the other
// listens to channels.
//
//   way out   sharded_wire, streams_wire -> wire_hub::publish(), ask() -> redis_nodes
//   way in    redis_nodes -> wire_channels -> the namespaces that listen
//
// A namespace is told of an outage once, whatever part of the wire is away: see lost() and ready().

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/redis_commands.hpp"
#include "cluster/redis_nodes.hpp"
#include "cluster/wire_channels.hpp"
#include "cluster/wire_load.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// A task that is done already.
task<publication> published(publication what);

/// Any thread, but for what is said to be on its strand.
class wire_hub final : public std::enable_shared_from_this<wire_hub> {
 public:
  /// @param kind            Of the channels: shard or plain.
  /// @param carries_events  Whether events travel on the channels: what is sent during an interruption is lost then.
  wire_hub(async::executor on, async::deadlines& timers, redis_address where, redis_settings how,
           std::size_t max_pending_bytes, redis_channel kind, bool carries_events);
  ~wire_hub();

  void start();

  /// Begins to listen to channels for a namespace.
  /// @param channels  In this order: who is counted by the last one receives on the others already.
  /// @par Completes  when Redis has confirmed them, or after two seconds without an answer.
  task<> listen(std::shared_ptr<wire_listener> who, std::vector<std::string> channels);
  /// Ends whatever a namespace listens to. @par Completes  when its receiver is not called any more.
  task<> stop(std::string uid);
  /// Listens to one channel more for a namespace, or ends that.
  /// @par Completes  when Redis has confirmed it, or the connection is away.
  task<> add_channel(std::string nsp, std::string channel);
  void remove_channel(std::string nsp, std::string channel);

  /// Puts a command into the line for Redis, after those that were put before it.
  /// @param slot  Of its key or channel.
  /// @param receipt  Is told the outcome when Redis has answered; null: nobody waits for it.
  publication publish(std::uint16_t slot, std::vector<std::string> words,
                      std::shared_ptr<wire_receipt> receipt = nullptr);
  /// Whether Redis takes commands now.
  const std::shared_ptr<wire_presence>& presence() const noexcept { return presence_; }
  /// Takes bytes into account that are about to be sent. @return the reason why they must not be sent; empty: they may.
  std::string begin_to_send(std::size_t bytes);
  /// The number of subscribers of a channel. @throws error errc::disconnected
  static task<std::optional<std::size_t>> count_subscribers(std::shared_ptr<wire_hub> self, std::string channel,
                                                            std::chrono::milliseconds within);

  /// The hub's own connection, for commands whose replies are short.
  const std::shared_ptr<redis_commands>& commands() const noexcept { return commands_; }
  /// Connections of their own, for commands that wait.
  std::shared_ptr<redis_nodes> make_nodes(std::chrono::milliseconds reply_limit) const;
  /// Connections of their own, for commands whose replies are long. Before they are made, the commands wait, as long as
  /// the hub's own connection is there.
  std::shared_ptr<redis_commands> make_commands(std::chrono::milliseconds reply_limit, std::size_t max_held_bytes);

  const async::strand& strand() const noexcept { return strand_; }
  async::deadlines& timers() const noexcept { return timers_; }
  const std::shared_ptr<wire_load>& load() const noexcept { return load_; }
  wire_counts counts() const { return load_->counts(2); }

  // ---------------------------------------------------------------- on the strand

  /// Sends a command. Before the first connection it waits for it, unless Redis could not be reached.
  void send(std::uint16_t slot, std::vector<std::string> words, redis_link::answered then);
  /// The wire is not whole before this part is ready for the first time, if it is not whole yet.
  void expect(const void* part) {
    if (!is_whole()) away_.insert(part);
  }
  /// A part of the wire is away, or is there again. The first one that is away, and the last one that is there again,
  /// are told to the receivers.
  void lost(const void* part);
  /// @param may_have_lost  Whether messages were lost meanwhile.
  void ready(const void* part, bool may_have_lost);
  /// Messages were lost without an interruption.
  /// @param duration  Of the time in which they were sent.
  void missed(std::chrono::milliseconds duration);

 private:
  void begin(const std::shared_ptr<wire_listener>& who, const std::vector<std::string>& channels,
             const std::shared_ptr<confirmation>& done);
  void end(std::string_view uid);
  std::shared_ptr<wire_listener> listener_of(std::string_view nsp) const;
  static task<> wait_to_listen(std::shared_ptr<wire_hub> self, std::shared_ptr<wire_listener> who,
                               std::shared_ptr<confirmation> done);
  void tell_lost(wire_listener& who) const;
  bool is_whole() const noexcept { return away_.empty(); }

  const async::strand strand_;
  async::deadlines& timers_;
  const redis_address where_;
  const redis_settings how_;
  const redis_channel kind_;
  const bool carries_events_;
  const std::shared_ptr<redis_outage> outage_ = std::make_shared<redis_outage>();
  const std::shared_ptr<redis_nodes> publisher_;
  const std::shared_ptr<redis_commands> commands_;  // of the publisher
  const std::shared_ptr<redis_nodes> subscriber_;
  const std::shared_ptr<wire_load> load_;
  const std::shared_ptr<wire_presence> presence_ = std::make_shared<wire_presence>();
  wire_channels channels_;
  std::vector<std::shared_ptr<wire_listener>> listeners_;
  std::vector<std::shared_ptr<confirmation>> starting_;  // of namespaces that began before the first connection
  std::set<const void*> away_;                           // the parts of the wire that are
  async::time_point away_since_{};
  bool may_have_lost_ = false;
};

}  // namespace cosio::inline v0_2::cluster
