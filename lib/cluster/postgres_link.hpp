// One connection to PostgreSQL that is made again when it is lost: statements out, answers and notifications in.
//
//   start() -> names of hosts are resolved -> libpq connects -> ready() -> the owner prepares it -> settled()
//
// libpq speaks the protocol, and Asio tells when its socket is ready. Asio watches a duplicate of the descriptor,
// because libpq closes its own one whenever it likes.

#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/postgres_connection.hpp"

namespace cosio::inline v0_2::cluster {

/// The state that the log was told of one database, by all connections to it: each thing once. On their strand.
struct postgres_outage {
  std::size_t lost = 0;  // connections that cannot be made
  std::string told;      // the kind of the trouble that the log knows
};

/// Everything on its strand, but on_deadline().
class postgres_link final : public async::deadline, public std::enable_shared_from_this<postgres_link> {
 public:
  using answered = std::function<void(postgres_answer)>;
  /// Called on the strand.
  struct callbacks {
    /// A connection is there. The owner sends what it needs, and calls settled() when it is in use.
    std::function<void()> ready;
    /// @param attempt  No connection was there: an attempt to make one has failed.
    std::function<void(bool attempt)> lost;
    std::function<void(postgres_notification)> notified;
  };

  /// @param shared  With other connections to the same database, on the same strand.
  postgres_link(async::strand on, async::deadlines& timers, std::shared_ptr<const postgres_address> to,
                std::shared_ptr<postgres_outage> shared);
  ~postgres_link() override;

  /// Connects, and connects again after every loss.
  void start(callbacks what);
  /// Sends a statement when those before have been answered. `then` is called once. Without a connection it is called
  /// at once, with an answer that is not ok.
  void query(postgres_statement what, answered then);
  /// The connection is in use: the pauses between attempts begin anew, and the log may be told.
  void settled();
  /// Gives the connection up, because it is of no use, and makes another one.
  void drop(const std::string& why);
  /// Closes the connection, and makes no new one.
  void close();

  /// The number by which notifications name this connection; 0: there is none.
  int pid() const noexcept { return state_ == state::ready ? connection_->pid() : 0; }
  void on_deadline() override;

 private:
  using descriptor = boost::asio::posix::basic_stream_descriptor<async::executor>;
  using direction = boost::asio::posix::descriptor_base::wait_type;
  enum class state : std::uint8_t { paused, resolving, connecting, ready };
  struct question {
    postgres_statement what;
    answered then;
  };

  void connect();
  void resolve(std::size_t next);
  void begin();
  void step();
  void go_on(postgres_connection::progress how);
  bool watch();
  template <class F>
  void wait(direction way, F then);
  void wait_readable();
  void wait_writable();
  void on_readable();
  void send_next();
  void flush();
  void tick();
  void due_in(std::chrono::milliseconds time);
  void answer_nobody();
  void tell_lost(const std::string& why);

  const async::strand strand_;
  async::deadlines& timers_;
  const std::shared_ptr<const postgres_address> to_;
  const std::shared_ptr<postgres_outage> outage_;
  callbacks owner_;
  state state_ = state::paused;
  std::vector<postgres_address::place> places_;  // with the addresses that were found
  std::optional<boost::asio::ip::tcp::resolver> resolver_;
  std::unique_ptr<postgres_connection> connection_;
  std::optional<descriptor> socket_;
  std::optional<question> running_;
  std::deque<question> queue_;
  std::chrono::milliseconds pause_{0};  // before the next attempt
  async::time_point due_{};
  std::uint64_t life_ = 0;  // the number of the attempt: waits of an earlier one are ignored
  bool waits_write_ = false;
  bool in_trouble_ = false;  // it counts in the outage
  bool closed_ = false;
};

}  // namespace cosio::inline v0_2::cluster
