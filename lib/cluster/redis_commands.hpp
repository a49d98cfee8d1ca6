// Commands to one Redis that wait for the first connection.
//
//   send(), ask() -> connected: redis_nodes -> the reply
//                 -> not yet:   held, in the order of the calls, until there is a connection
//                 -> lost:      fails at once
//
// The commands that are held are bounded, in number and in bytes. Those that nobody waits for any more are not sent.
// close() ends them.

#pragma once
#include <cosio/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/redis_nodes.hpp"

namespace cosio::inline v0_2::cluster {

/// On its strand, but for what is said to be for any thread.
class redis_commands final : public std::enable_shared_from_this<redis_commands> {
 public:
  using words = std::vector<std::string>;
  using answered = redis_link::answered;
  using answered_by_all = std::function<void(std::vector<redis_value>)>;
  enum class states : std::uint8_t { none_yet, open, lost };

  /// @param expects    Whether a connection is about to come, while there is none: then commands are held.
  /// @param max_bytes  Of what is held.
  redis_commands(async::strand on, async::deadlines& timers, std::shared_ptr<redis_nodes> nodes,
                 std::function<bool()> expects, std::size_t max_bytes);

  /// @param ready  Called whenever there is a connection, before what was held is sent. It may be empty.
  /// @param lost   Called whenever there is none any more. It may be empty.
  void start(std::function<void()> ready, std::function<void()> lost = {});
  void close();

  /// Sends commands together. @param then  Called once, with the reply to the last one.
  /// @param until  Afterwards nobody waits for it: it is refused instead.
  void send(std::uint16_t slot, std::vector<words> commands, answered then,
            async::time_point until = async::time_point::max());
  /// Sends a command to all masters. @param then  Called once, with the replies.
  void send_to_all(words command, answered_by_all then, async::time_point until = async::time_point::max());

  /// Sends commands together, and waits for the reply to the last one.
  /// @throws error errc::disconnected when Redis refuses it, or there is no reply until then.
  /// @par Threads  Any.
  static task<redis_value> ask(std::shared_ptr<redis_commands> self, std::uint16_t slot, std::vector<words> commands,
                               async::time_point until);
  /// The same for a command to all masters. The replies are those of each.
  static task<std::vector<redis_value>> ask_all(std::shared_ptr<redis_commands> self, words command,
                                                async::time_point until);
  /// @par Threads  Any.
  states state() const noexcept { return state_; }

 private:
  struct held {
    std::function<void()> send;
    std::function<void(redis_value)> refuse;
    std::size_t bytes;
    async::time_point until;
  };
  void take(held what);
  void hand_over(const held& one);
  void refuse_late();
  void send_held();
  void refuse_held(const std::string& why);

  const async::strand strand_;
  async::deadlines& timers_;
  const std::shared_ptr<redis_nodes> nodes_;
  const std::function<bool()> expects_;
  const std::size_t max_bytes_;
  std::atomic<states> state_{states::none_yet};
  std::deque<held> held_;
  std::size_t held_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace cosio::inline v0_2::cluster
