// The adapter of a namespace whose servers share Redis. Its own sockets are in a room table; the sockets of other
// servers are reached by the bus.
//
//   way in    redis_bus -> on_message() -> applied to this server's sockets, or given to the request that waits for it
//   way out   socketio/broadcast -> redis_adapter -> redis_bus

#pragma once
#include <boost/json/object.hpp>

#include <cosio/cluster.hpp>
#include <cosio/redis.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapter/collector.hpp"
#include "adapter/local_adapter.hpp"
#include "async/spawn.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "cluster/answer_room.hpp"
#include "cluster/asked_questions.hpp"
#include "cluster/redis_bus.hpp"
#include "cluster/redis_messages.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread. Messages of other servers are handled on the bus's strand.
class redis_adapter final : public adapters::local_adapter, public std::enable_shared_from_this<redis_adapter> {
 public:
  redis_adapter(adapter_host& host, std::shared_ptr<redis_bus> bus, std::shared_ptr<const redis_options> settings);

  task<> init() override;
  task<> close() override;

  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<answers> broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<partial<std::vector<std::string>>> sockets(target to) override;
  task<partial<std::vector<socket_descriptor>>> fetch_sockets(target to) override;
  task<partial<std::vector<std::string>>> all_rooms() override;
  task<> sockets_join(target to, std::vector<std::string> rooms) override;
  task<> sockets_leave(target to, std::vector<std::string> rooms) override;
  task<> disconnect_sockets(target to, bool close) override;

  task<> server_side_emit(event_data event) override;
  task<answers> server_side_emit_with_ack(event_data event, std::optional<std::chrono::milliseconds> timeout) override;
  task<std::size_t> server_count() override;
  std::optional<wire_counts> counts() const override;

 private:
  using self_ptr = std::shared_ptr<redis_adapter>;
  /// Called with every response to a request of ours; on the bus's strand.
  using response_handler = std::function<void(const boost::json::object&)>;
  /// Whether a part of a response can be read.
  using reads = bool (*)(const boost::json::value&);

  /// A request of ours that waits for responses, as long as this lives.
  class expectation {
   public:
    /// @param waiting  What close() ends.
    /// @param asked    Whether it gets the responses of type 9.
    /// @throws error errc::cancelled when the adapter is closed.
    expectation(self_ptr of, response_handler handler, std::shared_ptr<adapters::collector> waiting, bool asked);
    ~expectation();
    expectation(const expectation&) = delete;
    expectation& operator=(const expectation&) = delete;
    const std::string& id() const noexcept { return id_; }

   private:
    const self_ptr of_;
    std::string id_;
  };

  /// Adds whether the broadcast goes out to the other servers.
  static task<report> with_outcome(task<report> here, bool goes_out);

  // These coroutines own the adapter.
  static task<answers> ask_everybody(self_ptr self, std::shared_ptr<const outgoing_packet> packet, target to);
  static task<partial<std::vector<socket_descriptor>>> fetch_everywhere(self_ptr self, target to);
  static task<partial<std::vector<std::string>>> ids_everywhere(self_ptr self, target to);
  static task<partial<std::vector<std::string>>> rooms_everywhere(self_ptr self);
  static task<answers> ask_servers(self_ptr self, event_data event, std::optional<std::chrono::milliseconds> timeout);
  /// Sends a request and collects the member `wanted` of the response of each other server. A response whose member
  /// cannot be read is as good as none. The time is that of the whole, the question for the number of servers included.
  /// @return that member as the only argument, for each server that answered; and how many are missing.
  static task<partial<std::vector<arguments>>> request(self_ptr self, boost::json::object what, message_type type,
                                                       std::string wanted, reads accepts,
                                                       std::chrono::milliseconds timeout);
  static task<> disconnect_here(self_ptr self, target to, bool close);
  static task<> join_here(self_ptr self, target to, std::vector<std::string> rooms, bool join);
  static task<> answer_asked(self_ptr self, std::shared_ptr<const outgoing_packet> packet, target to,
                             std::string request_id, std::string uid);

  void on_message(std::string_view channel, std::string_view message);
  void on_broadcast(std::string_view channel, std::string_view message);
  void on_request(std::string_view message);
  void on_json_request(const boost::json::object& request, request_type type, const std::string& uid,
                       const std::string& id);
  void on_server_side_event(const boost::json::object& request, const std::string& id);
  void on_change_request(const boost::json::object& request, request_type type, const std::string& uid,
                         const std::string& id);
  void on_response(std::string_view message);
  void respond(std::string_view uid, std::string message);
  void publish_request(const boost::json::object& request, message_type what);
  redis_bus::failure failure_of(message_type what) const;
  redis_bus::watcher watcher() const;
  bool reaches_others(const target& to) const noexcept;

  boost::json::object new_request(request_type type) const;
  /// The handler of a response of so many bytes; empty if nothing waits for it, or there is no room for it.
  response_handler handler_of(const std::string& request_id, std::size_t bytes);
  /// The question that acknowledgements of other servers belong to. Without room one is missing, and not waited for.
  std::shared_ptr<adapters::collector> asker_of(const std::string& request_id, std::size_t bytes);

  const std::shared_ptr<redis_bus> bus_;
  const std::shared_ptr<const redis_options> settings_;
  const std::string uid_;
  const std::string broadcast_prefix_;
  const std::string request_channel_;
  const std::string response_channel_;
  const std::string own_response_channel_;
  static constexpr std::size_t max_asked = 10'000;
  const std::shared_ptr<asked_questions> questions_ = std::make_shared<asked_questions>(max_asked);
  async::bounded_start answering_{2 * max_asked};  // these questions of other servers to clients of this one

  mutable base::mutex pending_mutex_;
  struct pending {
    response_handler handler;
    std::shared_ptr<adapters::collector> waiting;
    std::shared_ptr<answer_room> room;
    bool is_asked = false;
  };
  const std::shared_ptr<answer_total> answers_ = std::make_shared<answer_total>();
  base::text_map<pending> pending_ COSIO_GUARDED_BY(pending_mutex_);
  bool is_closed_ COSIO_GUARDED_BY(pending_mutex_) = false;
  std::atomic<bool> has_told_foreign_{false};  // the log
};

}  // namespace cosio::inline v0_2::cluster
