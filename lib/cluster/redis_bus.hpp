// The pair of connections that the adapters of all namespaces share: one publishes and asks, the other receives.
//
//   way in    redis_link -> redis_bus -> the receiver of the channel or pattern
//   way out   redis_adapter -> redis_bus -> redis_link

#pragma once
#include <cosio/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "base/text_map.hpp"
#include "cluster/redis_link.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread; the tables belong to its strand.
class redis_bus final : public std::enable_shared_from_this<redis_bus> {
 public:
  /// Called on the bus's strand.
  using receiver = std::function<void(std::string_view channel, std::string_view message)>;

  redis_bus(async::executor on, async::deadlines& timers, redis_address where);
  ~redis_bus();

  void start();

  /// Publishes a message on a channel. Without a connection the message is dropped.
  void publish(std::string channel, std::string message);

  /// Calls `to` with every message on these channels, and on channels whose names begin with `prefix`, from now on and
  /// again after every interruption. It subscribes to the pattern first: a server that NUMSUB counts is then sure to
  /// receive broadcasts.
  void subscribe(std::vector<std::string> channels, std::string prefix, receiver to);
  void unsubscribe(std::vector<std::string> channels, std::string prefix);

  /// The number of servers that listen to a channel. @throws error errc::disconnected when Redis cannot be reached.
  static task<std::size_t> count_subscribers(std::shared_ptr<redis_bus> self, std::string channel);

 private:
  void subscribe_all();
  void on_message(std::string_view pattern, std::string_view channel, std::string_view message);

  const async::strand strand_;
  const std::shared_ptr<redis_outage> outage_ = std::make_shared<redis_outage>();
  const std::shared_ptr<redis_link> publisher_;
  const std::shared_ptr<redis_link> subscriber_;
  base::text_map<std::shared_ptr<receiver>> channels_;
  base::text_map<std::shared_ptr<receiver>> patterns_;
};

}  // namespace cosio::inline v0_2::cluster
