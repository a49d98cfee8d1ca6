// Sentinels: they know which Redis is the master, and tell when another one is.
//
//   redis_link::find_with(…) -> find() -> every Sentinel that is connected -> the first answer
//   +switch-master -> `switched`, which lets the links connect anew

#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/redis_address.hpp"
#include "cluster/redis_link.hpp"

namespace cosio::inline v0_2::cluster {

/// Everything on its strand.
/// @par Source  Redis Sentinel, "Guidelines for Redis clients".
class redis_sentinels final : public std::enable_shared_from_this<redis_sentinels> {
 public:
  using found = std::function<void(std::optional<redis_address>, std::string)>;

  /// @param to   Of the kind `sentinel`.
  /// @param how  Of the connections to the master; those to the Sentinels have their own credentials.
  redis_sentinels(async::strand on, async::deadlines& timers, redis_address to, const redis_settings& how);

  /// @param switched  Called when a Sentinel says that there is another master.
  void start(std::function<void()> switched);
  /// Asks for the master. Without a connection to a Sentinel it waits for one: who asks has a deadline. A later
  /// question takes the place of an earlier one.
  void find(found then);
  void close();

 private:
  void ask(redis_link& one);
  void answered(const redis_value& reply);
  void on_switch(std::string_view text);

  const redis_address to_;
  std::vector<std::shared_ptr<redis_link>> askers_;
  std::vector<std::shared_ptr<redis_link>> watchers_;  // a connection with subscriptions takes no questions
  std::function<void()> switched_;
  found then_;
  bool told_unknown_ = false;  // to the log
};

}  // namespace cosio::inline v0_2::cluster
