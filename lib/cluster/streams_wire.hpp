// The wire of the Redis Streams adapter: events go through a stream, which keeps them for clients that come back;
// requests and answers go by Publish/Subscribe.
//
//   way out   cluster_adapter -> streams_wire -> XADD -> streams_tail::sent()        or PUBLISH
//   way in    XREAD -> streams_tail -> cluster_receiver                              or wire_hub -> wire_channels
//   sessions  save_session() -> SET        take_session() -> streams_restore.cpp
//
// Restores have connections of their own: what a client has missed may be long, and publishing must not wait for it. A
// reply that is too long ends such a connection, so the short commands that must not fail go by that of the hub: SET,
// and the EVAL that deletes a session.
//
// Source: @socket.io/redis-streams-adapter 0.3.1.

#pragma once
#include <cosio/cluster.hpp>
#include <cosio/options.hpp>
#include <cosio/redis.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "cluster/redis_commands.hpp"
#include "cluster/streams_session.hpp"
#include "cluster/streams_tail.hpp"
#include "cluster/turns.hpp"
#include "cluster/wire_hub.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread.
class streams_wire final : public cluster_wire,
                           public confirming_wire,
                           public std::enable_shared_from_this<streams_wire> {
 public:
  /// @param recovery  Null: no sessions are kept.
  /// @param clock     Milliseconds since 1970.
  streams_wire(std::shared_ptr<wire_hub> hub, streams_options settings, const recovery_options* recovery,
               std::chrono::milliseconds longest_silence, std::function<std::int64_t()> clock);
  ~streams_wire() override;

  task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) override;
  task<> stop(std::string nsp, std::string uid) override;
  task<publication> publish(cluster_message message) override;
  /// The replies to XADD are the outcomes; a connection that does not reply in time is given up.
  task<publication> publish_confirmed(cluster_message message, std::chrono::milliseconds within) override;
  task<publication> answer(std::string requester, cluster_message message) override;
  bool counts_servers() const noexcept override { return true; }
  task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds within) override;

  bool keeps_sessions() const noexcept override { return reading_.keeps_sessions; }
  task<> save_session(std::string nsp, session_record record, std::chrono::milliseconds lifetime) override;
  task<std::optional<kept_session>> take_session(std::string nsp, std::string pid, std::string offset) override;
  std::string last_offset(std::string_view nsp) const override;

  wire_counts counts() const override { return hub_->counts(); }

 private:
  using self_ptr = std::shared_ptr<streams_wire>;
  static task<publication> add(self_ptr self, cluster_message message, async::time_point until);
  static task<publication> add_when_connected(self_ptr self, cluster_message message, std::chrono::milliseconds within);
  static void send_entry(self_ptr self, std::shared_ptr<streams_tail> tail, std::string mark,
                         std::shared_ptr<own_message> what, std::vector<std::string> words);
  static task<publication> wait_for_place(self_ptr self, std::shared_ptr<streams_tail> tail, std::string mark,
                                          std::shared_ptr<own_message> what, async::time_point until);
  static task<> save(self_ptr self, std::string pid, std::string session, std::chrono::milliseconds lifetime);
  class attempt;
  static task<std::optional<kept_session>> take(self_ptr self, std::string nsp, std::string pid, std::string offset);
  static task<> stop_reading(self_ptr self, std::string nsp, std::string uid);

  std::shared_ptr<streams_tail> tail_of(std::string_view nsp);
  /// Null when the stream is not read: nobody listens to a namespace of it.
  std::shared_ptr<streams_tail> find_tail(std::string_view nsp) const;
  publication send(std::string channel, const cluster_message& message,
                   std::shared_ptr<wire_receipt> receipt = nullptr);
  std::vector<std::string> xadd(const cluster_message& message, std::string_view mark) const;
  std::string main_channel(std::string_view nsp) const;
  std::string answer_channel(std::string_view nsp, std::string_view uid) const;
  two_clocks now() const { return {hub_->timers().now(), clock_()}; }

  const std::shared_ptr<wire_hub> hub_;
  const streams_options settings_;
  const std::function<std::int64_t()> clock_;
  const streams_reading reading_;                   // without the name of a stream
  const std::shared_ptr<redis_commands> sessions_;  // null when none are kept
  const std::shared_ptr<turns> restores_;           // sessions that come back at the same time
  const std::shared_ptr<turns> long_restores_;      // those among them that have missed much
  std::atomic<std::uint64_t> marks_{0};             // of own entries
  mutable base::mutex mutex_;
  base::text_map<std::shared_ptr<streams_tail>> tails_ COSIO_GUARDED_BY(mutex_);  // by the name of the stream
  base::text_map<std::uint64_t> attempts_ COSIO_GUARDED_BY(mutex_);               // the latest one of each session
  std::uint64_t attempts_made_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::cluster
