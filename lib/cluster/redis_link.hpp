// One connection to Redis: commands out, replies and messages in, and a new connection when it is lost.
//
// hiredis implements the protocol, and Asio tells it when its socket is ready. Only redis_link.cpp includes hiredis.

#pragma once
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"

struct redisAsyncContext;
struct redisReply;

namespace cosio::inline v0_2::cluster {

/// Whether the library was built with hiredis. Without it redis_link must not be used.
bool has_redis() noexcept;

/// The parts of a URL of Redis.
class redis_address {
 public:
  /// @throws error errc::bad_argument, errc::not_supported.
  explicit redis_address(std::string_view url);

  std::string host;
  std::uint16_t port = 6379;
  std::string user;
  std::string password;
  unsigned database = 0;

  /// Without the password, for logs.
  std::string text() const;
};

/// The state that the log was told of one Redis, by all connections to it: each thing once. On their strand.
struct redis_outage {
  std::size_t lost = 0;     // connections that cannot be made
  bool is_refused = false;  // the password
};

/// Everything on its strand.
class redis_link final : public async::deadline, public std::enable_shared_from_this<redis_link> {
 public:
  /// The reply to a command: an integer, or the integers and strings of a list (flattened), or nothing when the
  /// command failed.
  class reply {
   public:
    reply() = default;
    explicit reply(const redisReply& from);

    bool ok = false;
    std::string problem;              ///< the error of Redis
    std::vector<std::string> values;  ///< integers as decimal text
  };
  using answered = std::function<void(reply)>;
  /// @param pattern  Empty for a message to a channel that was subscribed by name.
  using on_message = std::function<void(std::string_view pattern, std::string_view channel, std::string_view payload)>;

  /// @param shared  With other connections to the same Redis, on the same strand.
  redis_link(async::strand on, async::deadlines& timers, redis_address to,
             std::shared_ptr<redis_outage> shared = std::make_shared<redis_outage>());
  ~redis_link() override;

  /// Connects, and connects again after every loss. @param ready  Called whenever a connection is ready, before
  /// anything else is sent on it.
  void start(std::function<void()> ready, on_message message);
  /// Sends a command. `then` is called once. Without a connection it is called at once, with a reply that is not ok.
  void command(const std::vector<std::string>& words, answered then);
  /// Sends SUBSCRIBE, PSUBSCRIBE or their opposites. The messages of the subscription go to on_message.
  void subscribe(const std::vector<std::string>& words);
  /// Closes the connection, and makes no new one.
  void close();

  bool connected() const noexcept { return context_ != nullptr; }
  void on_deadline() override;

 private:
  using descriptor = boost::asio::posix::basic_stream_descriptor<async::executor>;
  struct hooks;  // callbacks for hiredis
  friend struct hooks;

  void connect();
  void greet();
  void on_lost(const std::string& why);
  void tell_ready();
  void tell_refused(const std::string& why);
  void wait_readable();
  void wait_writable();
  void send(const std::vector<std::string>& words, std::unique_ptr<answered> then);

  const async::strand strand_;
  async::deadlines& timers_;
  const redis_address to_;
  const std::shared_ptr<redis_outage> outage_;
  std::function<void()> ready_;
  on_message message_;
  redisAsyncContext* context_ = nullptr;
  std::optional<descriptor> socket_;    // hiredis owns the file descriptor
  std::chrono::milliseconds pause_{0};  // before the next attempt
  std::uint64_t life_ = 0;              // the number of the connection: waits of an earlier one are ignored
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool waits_read_ = false;
  bool waits_write_ = false;
  bool in_trouble_ = false;  // it counts in the outage
  bool closed_ = false;
};

}  // namespace cosio::inline v0_2::cluster
