// The wire over PostgreSQL: the connection that listens, and the one that publishes, as one.
//
//   way in    postgres_inbox -> cluster_receiver
//   way out   cluster_adapter -> publish() -> postgres_outbox

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/postgres.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "cluster/postgres_inbox.hpp"
#include "cluster/postgres_outbox.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread; what it has belongs to its strand.
class postgres_wire final : public cluster_wire,
                            public confirming_wire,
                            public std::enable_shared_from_this<postgres_wire> {
 public:
  postgres_wire(async::executor on, async::deadlines& timers, std::shared_ptr<const postgres_options> settings,
                const std::shared_ptr<const postgres_address>& to);
  ~postgres_wire() override;

  /// Connects, once: the connection that publishes. The other one is made for the first listen().
  void start();

  /// @throws error errc::bad_argument for a namespace whose channel has more than 63 bytes.
  task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) override;
  /// Completes when all that was published before has gone to PostgreSQL, or is lost.
  task<> stop(std::string nsp, std::string uid) override;
  task<publication> publish(cluster_message message) override;
  task<publication> publish_confirmed(cluster_message message, std::chrono::milliseconds within) override;
  wire_counts counts() const override;

 private:
  using self_ptr = std::shared_ptr<postgres_wire>;
  static task<> listen_on(self_ptr self, std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to);
  static task<> stop_on(self_ptr self, std::string nsp, std::string uid);
  publication hand_over(const cluster_message& message, std::shared_ptr<wire_receipt> receipt);
  void on_change();

  const async::strand strand_;
  async::deadlines& timers_;
  const std::shared_ptr<const postgres_options> settings_;
  const std::shared_ptr<postgres_outage> outage_ = std::make_shared<postgres_outage>();
  const std::shared_ptr<postgres_outbox> outbox_;
  const std::shared_ptr<postgres_inbox> inbox_;
  std::atomic<bool> up_{false};  // both connections
  std::atomic<std::uint64_t> reconnected_{0};
  bool was_lost_ = false;        // the receivers were told
  bool inbox_was_away_ = false;  // since then
  async::time_point lost_since_{};
};

}  // namespace cosio::inline v0_2::cluster
