// The pair of connections that the adapters of all namespaces share: one publishes and asks, the other receives.
//
//   way in    redis_nodes -> redis_bus -> the receiver of the channel or pattern
//   way out   redis_adapter -> redis_bus -> redis_nodes

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "base/text_map.hpp"
#include "cluster/redis_nodes.hpp"
#include "cluster/wire_load.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread; the tables belong to its strand.
class redis_bus final : public std::enable_shared_from_this<redis_bus> {
 public:
  /// Called on the bus's strand.
  using receiver = std::function<void(std::string_view channel, std::string_view message)>;
  /// Called with the reason when a message was not published. On the bus's strand, or before publish() returns.
  using failure = std::function<void(const std::string& why)>;
  /// Called when one of the connections is lost, and when both are there again. On the bus's strand.
  struct watcher {
    std::function<void()> lost;
    std::function<void(wire_gap)> restored;
  };

  /// @param max_pending_bytes  Of messages whose publication Redis has not confirmed; 0: no limit.
  redis_bus(async::executor on, async::deadlines& timers, redis_address where, redis_settings how = redis_settings(),
            std::size_t max_pending_bytes = 0);
  ~redis_bus();

  void start();

  /// Publishes a message on a channel. Without a connection, and above max_pending_bytes, the message is lost.
  /// @param failed  May be empty.
  /// @return whether it is in line, and Redis can be reached as far as this server knows.
  bool publish(std::string channel, std::string message, failure failed = {});

  /// Calls `to` with every message on these channels, and on channels whose names begin with `prefix`, from now on and
  /// again after every interruption. It subscribes to the pattern first: a server that NUMSUB counts is then sure to
  /// receive broadcasts.
  /// @param watch  Is told of outages meanwhile. If Redis cannot be reached from the beginning, that is told after two
  ///               seconds. Both or none of its functions may be empty.
  void subscribe(std::vector<std::string> channels, std::string prefix, receiver to, watcher watch = watcher());
  /// Also ends the waits of count_subscribers() for these channels.
  void unsubscribe(std::vector<std::string> channels, std::string prefix);

  /// The number of servers that listen to a channel.
  /// @throws error errc::disconnected when Redis cannot be reached, or does not answer until then; errc::cancelled when
  ///               unsubscribe() came first.
  static task<std::size_t> count_subscribers(std::shared_ptr<redis_bus> self, std::string channel,
                                             async::time_point until);

  /// Counts a message of another server.
  void count_received() noexcept { ++load_->received; }
  wire_counts counts() const { return load_->counts(2); }

 private:
  class question;  // the number of subscribers
  struct counting {
    std::string channel;
    std::shared_ptr<question> asked;
    std::weak_ptr<async::suspension> waiting;
  };
  struct watching {
    watcher to;
    bool is_told_lost = false;
  };

  void on_message(std::string_view pattern, std::string_view channel, std::string_view message);
  void send(std::shared_ptr<pending_message> waits, const std::vector<std::string>& words, failure failed);
  void tell_full();
  bool is_whole() const noexcept { return connected_ == 2; }
  void one_ready();
  void one_lost();
  static void tell_lost(watching& who);
  void begin_watching(std::string pattern, watcher watch);
  static task<> watch_beginning(std::weak_ptr<redis_bus> of, std::shared_ptr<watching> who, async::deadlines& timers);
  void end_counting(const std::vector<std::string>& channels);

  const async::strand strand_;
  async::deadlines& timers_;
  const std::size_t max_pending_bytes_;
  const std::shared_ptr<redis_outage> outage_ = std::make_shared<redis_outage>();
  const std::shared_ptr<redis_nodes> publisher_;
  const std::shared_ptr<redis_nodes> subscriber_;
  base::text_map<std::shared_ptr<receiver>> channels_;
  base::text_map<std::shared_ptr<receiver>> patterns_;
  base::text_map<std::shared_ptr<watching>> watching_;  // by their patterns
  async::time_point away_since_{};
  std::vector<counting> counting_;
  unsigned connected_ = 0;                  // of the two
  std::atomic<bool> has_told_full_{false};  // the log, until a message is taken
  const std::shared_ptr<wire_load> load_;
};

}  // namespace cosio::inline v0_2::cluster
