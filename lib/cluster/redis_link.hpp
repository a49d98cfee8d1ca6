// One connection to Redis: commands out, replies and messages in, and a new connection when it is lost or silent.
//
//   way out   command() -> the line of bytes -> redis_stream
//   way in    redis_stream -> redis_reader -> the command that waits, or on_message
//
// A link keeps its subscriptions. It is connected when Redis has taken the greeting (AUTH, SELECT, CLIENT SETNAME), and
// has confirmed every subscription. Whatever of this fails ends the connection. It is tried again after a pause that
// grows until the link is connected.

#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/redis_address.hpp"
#include "cluster/redis_connection.hpp"
#include "cluster/redis_stream.hpp"
#include "cluster/redis_value.hpp"

namespace cosio::inline v0_2::cluster {

/// The state that the log was told of one Redis, by all connections to it: each thing once. On their strand.
struct redis_outage {
  std::string name = "Redis";
  std::string effect = ": other servers get nothing until that is mended";
  std::size_t lost = 0;        // connections that cannot be made
  std::set<std::string> told;  // troubles that the log has been told of since all was well
};

/// Settings of all connections to one Redis.
/// @par Threads  Immutable.
class redis_settings {
 public:
  std::string client_name = "cosio";  ///< CLIENT SETNAME; empty: none
  std::shared_ptr<redis_tls> tls;     ///< needed for `rediss:`
  /// The time between two PINGs, and the time that Redis has for any reply: from the moment that its command was
  /// written, or that Redis was heard last. While a link is greeted, that is the last whole reply or message. A link
  /// whose commands wait (XREAD BLOCK) needs a longer limit.
  std::chrono::milliseconds ping_interval{5'000};
  std::chrono::milliseconds reply_limit{5'000};
  /// ROLE must say `master`: the address is one that a Sentinel gave.
  bool must_be_master = false;
  /// CLUSTER SLOTS must be answered: the address is one of a cluster.
  bool must_know_slots = false;
  std::string sentinel_user;
  std::string sentinel_password;
};

/// Everything on its strand.
class redis_link final : public async::deadline, public std::enable_shared_from_this<redis_link> {
 public:
  using answered = redis_waiting::answered;
  /// @param pattern  Empty for a message to a channel that was subscribed by name.
  using on_message = std::function<void(std::string_view pattern, std::string_view channel, std::string_view payload)>;
  /// Finds the address before every attempt: calls `found` once, on the strand, with an address, or with the reason why
  /// there is none.
  using finder = std::function<void(std::function<void(std::optional<redis_address>, std::string)> found)>;
  /// A channel of a Redis Cluster that this server does not have (any more): `problem` is the error of Redis (`MOVED
  /// 866 host:port`), or empty when Redis took the subscription away.
  /// @return whether somebody sees to it. The link has forgotten the channel then, otherwise the connection ends.
  using on_moved = std::function<bool(const std::string& channel, const std::string& problem)>;

  /// @param shared  With other connections to the same Redis, on the same strand.
  redis_link(async::strand on, async::deadlines& timers, redis_address to, redis_settings how = redis_settings(),
             std::shared_ptr<redis_outage> shared = std::make_shared<redis_outage>());
  ~redis_link() override;

  /// Before start(): the address is asked for before every attempt.
  void find_with(finder find) { find_ = std::move(find); }
  /// Before start().
  void tell_moved(on_moved moved) { moved_ = std::move(moved); }

  /// Connects, and connects again after every loss.
  /// @param ready    Called whenever the link is connected. It may be empty, as may the others.
  /// @param message  Called with every message of the subscriptions.
  /// @param lost     Called when a connected link is so no more, with the reason.
  void start(std::function<void()> ready, on_message message = {}, std::function<void(const std::string&)> lost = {});

  /// Sends a command. `then` is called once: with the reply, or with an error when there is no connection or it ends
  /// first. Without a connection that is at once. Commands may be sent in pieces that belong together: they go out in
  /// the order of the calls (MULTI, …, EXEC).
  void command(const std::vector<std::string>& words, answered then);

  /// Subscribes to a channel, from now on and again after every interruption.
  /// @param confirmed  Called once, when Redis has confirmed it for the first time; never when close() or unsubscribe()
  ///                   came first. May be empty.
  void subscribe(redis_channel kind, std::string name, std::function<void()> confirmed = {});
  void unsubscribe(redis_channel kind, const std::string& name);

  /// Ends this connection as one that is lost, and makes a new one at once: the address has changed.
  void reconnect(const std::string& why);
  /// Closes the connection, and makes no new one. Nothing is called any more, but for commands that wait.
  void close();

  bool connected() const noexcept { return state_ == states::connected; }
  /// The connections that were made after the first one.
  std::uint64_t reconnected() const noexcept { return connections_ == 0 ? 0 : connections_ - 1; }
  void on_deadline() override;

 private:
  enum class states : std::uint8_t { idle, finding, connecting, greeting, connected, closed };
  using key = redis_waiting::key;
  struct subscription {
    std::function<void()> confirmed;
    std::uint64_t number = 0;  // an earlier one of the same name is another
  };
  using waiting = redis_waiting;
  using connection = redis_connection;

  void connect();
  void open(const redis_address& to);
  void greet(const redis_address& to);
  void read();
  void write();
  void take(redis_value reply);
  bool take_message(const redis_value& reply);
  void take_confirmation(const waiting& of, const redis_value& reply);
  void take_greeting(const std::string& what, const redis_value& reply);
  void one_confirmed();
  void must(const std::vector<std::string>& words, std::string what);
  void send(const std::vector<std::string>& words, waiting then);
  void send_subscription(const key& to, std::uint64_t number);
  void unreachable(const std::string& why);
  void too_much(const std::string& why);
  void refuse(const std::string& what, const redis_value& reply);
  void fail(const std::string& trouble, const std::string& line, const std::string& why);
  void drop(const std::string& why);
  void arm(std::chrono::milliseconds after);
  void tick();
  void tell_ready();

  const async::strand strand_;
  async::deadlines& timers_;
  const redis_address to_;
  const redis_settings how_;
  const std::shared_ptr<redis_outage> outage_;
  finder find_;
  on_moved moved_;
  std::function<void()> ready_;
  on_message message_;
  std::function<void(const std::string&)> lost_;

  states state_ = states::idle;
  std::shared_ptr<connection> connection_;  // null without a connection
  std::map<key, subscription> channels_;
  std::uint64_t subscriptions_ = 0;     // made so far
  std::size_t unconfirmed_ = 0;         // steps of the greeting whose replies have not come
  std::chrono::milliseconds pause_{0};  // before the next attempt
  async::time_point due_{};             // of the deadline: a call that was posted before it moved is ignored
  std::uint64_t attempt_ = 0;           // an answer to an earlier one is ignored
  std::uint64_t connections_ = 0;
  bool in_trouble_ = false;  // it counts in the outage
};

}  // namespace cosio::inline v0_2::cluster
