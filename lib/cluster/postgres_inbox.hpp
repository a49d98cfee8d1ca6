// The connection that listens. Notifications are delivered in their order: behind one that stands for a row, the others
// wait until the row was read.
//
//   PostgreSQL -> notification -> the line -> (its row) -> cluster_receiver::received()

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/postgres.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/strand.hpp"
#include "async/suspensions.hpp"
#include "base/text_map.hpp"
#include "cluster/postgres_link.hpp"

namespace cosio::inline v0_2::cluster {

/// On its strand, where nothing else is said.
class postgres_inbox final : public std::enable_shared_from_this<postgres_inbox> {
 public:
  postgres_inbox(async::strand on, async::deadlines& timers, std::shared_ptr<const postgres_options> settings,
                 std::shared_ptr<const postgres_address> to, std::shared_ptr<postgres_outage> shared);

  /// It connects when the first channel is added.
  /// @param changed  Called when up() has changed.
  /// @param own_pid  The number by which notifications of this server are known.
  void prepare(std::function<void()> changed, std::function<int()> own_pid);
  void close();

  /// Listens to a channel. @param waiting  Is ended when PostgreSQL has confirmed it, or cannot be reached.
  void add(std::string channel, std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to,
           std::shared_ptr<async::suspension> waiting);
  void remove(const std::string& channel, std::string_view uid);

  /// Whether a channel was ever added.
  bool is_used() const noexcept { return used_; }
  /// Connected, and all channels are listened to.
  bool up() const noexcept { return up_; }
  /// A connection was lost, or could not be made, and there is no other one yet.
  bool is_away() const noexcept { return !up_ && !begins_; }
  std::vector<std::shared_ptr<cluster_receiver>> receivers() const;
  /// Messages of other servers. Any thread.
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t reconnected() const noexcept { return connections_ > 0 ? connections_ - 1 : 0; }

 private:
  struct listener {
    std::string nsp;
    std::string uid;
    std::shared_ptr<cluster_receiver> to;
    async::suspensions waiting;
  };
  struct arrival {
    std::string channel;
    std::shared_ptr<const std::string> body;  // the notification, or what the row has; null: there is nothing
    std::string row;                          // the id of a row that was not read yet
    std::size_t size() const noexcept { return channel.size() + (body ? body->size() : 0) + sizeof(arrival); }
  };

  void connect();
  void on_ready();
  void on_lost();
  void on_confirmed(const std::string& channel, const postgres_answer& got);
  void on_notified(postgres_notification told);
  void deliver_line();
  void deliver(const arrival& what);
  void read_rows();
  void on_rows(std::size_t asked, const postgres_answer& got);

  const std::shared_ptr<const postgres_options> settings_;
  const std::shared_ptr<postgres_link> link_;
  std::function<void()> changed_;
  std::function<int()> own_pid_;
  base::text_map<listener> listeners_;  // by channel
  std::deque<arrival> line_;
  std::size_t line_bytes_ = 0;
  std::string told_;      // the refusal of rows that the log knows
  bool reads_ = false;    // a statement for rows is under way
  bool listens_ = false;  // LISTEN was sent for the channels that were known
  bool up_ = false;
  bool used_ = false;
  bool begins_ = true;  // the first attempt to connect has not ended yet
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> connections_{0};
};

}  // namespace cosio::inline v0_2::cluster
