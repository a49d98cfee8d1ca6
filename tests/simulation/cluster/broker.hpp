// A broker, and the wires of servers to it, in one thread. One seed decides how far each server has read.
//
// With `keeps` it is a stream: one order of events for all, and who was away reads on, unless the stream was cut
// meanwhile. Otherwise messages of one server keep their order, and what is sent while a server is away is lost for it.

#pragma once
#include <cosio/cluster.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "simulation/kit.hpp"

namespace cosio::simulation {

class cluster_broker {
 public:
  class wire;
  struct event {
    std::string text;
    std::uint64_t number;
  };

  cluster_broker(dice& d, bool keeps, std::size_t max_events) : dice_(d), keeps_(keeps), max_events_(max_events) {}

  std::shared_ptr<wire> connect();
  /// Moves one message by one step. @return false when none is on its way.
  bool step();
  void cut(std::size_t server);
  /// @return whether the server is told that it may have lost messages.
  bool heal(std::size_t server);
  bool is_up(std::size_t server) const;

  std::uint64_t last() const noexcept { return last_; }
  /// The number of the first event that is still there.
  std::uint64_t first() const noexcept { return stream_.empty() ? last_ + 1 : stream_.front().number; }
  /// The texts of all events that it has ever taken, by their number from 1 on.
  const std::vector<std::string>& history() const noexcept { return history_; }
  /// The events of messages that could not be published.
  const std::set<std::string>& failed() const noexcept { return failed_; }

 private:
  friend class wire;
  struct outgoing {
    std::string text;
    bool is_event;
    std::string only;
    std::shared_ptr<async::suspension> waiting;
    publication* result;
  };
  struct link {
    bool up = true;
    bool was_cut = false;
    std::string uid;
    std::shared_ptr<cluster_receiver> to;
    std::deque<std::shared_ptr<outgoing>> out;               // to the broker
    std::map<std::size_t, std::deque<std::string>> in;       // from the broker, by sender
    std::map<std::uint64_t, std::shared_ptr<outgoing>> own;  // in the stream, and not back yet
    std::uint64_t position = 0;                              // of the stream
  };

  void take(std::size_t from);
  void bring(std::size_t to);
  void end(outgoing& one, publication how);

  dice& dice_;
  const bool keeps_;
  const std::size_t max_events_;
  std::vector<link> links_;
  std::deque<event> stream_;
  std::vector<std::string> history_;
  std::set<std::string> failed_;
  std::uint64_t last_ = 0;
  std::map<std::string, session_record> sessions_;
};

class cluster_broker::wire final : public cluster_wire {
 public:
  wire(cluster_broker& on, std::size_t number) : on_(on), number_(number) {}

  task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) override;
  task<> stop(std::string nsp, std::string uid) override;
  task<publication> publish(cluster_message message) override;
  task<publication> answer(std::string requester, cluster_message message) override;
  bool counts_servers() const noexcept override { return on_.keeps_; }
  task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds within) override;
  bool keeps_sessions() const noexcept override { return on_.keeps_; }
  task<> save_session(std::string nsp, session_record record, std::chrono::milliseconds lifetime) override;
  task<std::optional<kept_session>> take_session(std::string nsp, std::string pid, std::string offset) override;
  std::string last_offset(std::string_view nsp) const override;
  wire_counts counts() const override { return {}; }

 private:
  task<publication> send(cluster_message message, std::string only);

  cluster_broker& on_;
  const std::size_t number_;
};

}  // namespace cosio::simulation
