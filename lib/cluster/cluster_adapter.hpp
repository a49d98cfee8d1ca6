// The adapter of a namespace whose servers exchange messages over a wire. Its own sockets are in a room table; the
// sockets of other servers are reached by messages.
//
//   way in    cluster_wire -> cluster_receiver -> on_message() -> applied to this server's sockets, or given to the
//             request that waits for it
//   way out   socketio/broadcast -> cluster_adapter -> cluster_wire
//
// cluster_adapter.cpp      rooms and broadcasts
// cluster_requests.cpp     requests to other servers, and what comes of them
// cluster_adapter_in.cpp   messages of other servers, heartbeats
// and connection state recovery:
// cluster_stream_events.cpp   events in the order of the stream
// cluster_joining.cpp         clients that are let in, and that come back
// cluster_sessions.cpp        the store of sessions
//
// Source: socket.io-adapter 2.5, ClusterAdapter and ClusterAdapterWithHeartbeat.

#pragma once
#include <cosio/cluster.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapter/local_adapter.hpp"
#include "async/deadlines.hpp"
#include "async/spawn.hpp"
#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "cluster/asked_questions.hpp"
#include "cluster/cluster_peers.hpp"
#include "cluster/cluster_question.hpp"
#include "cluster/cluster_returns.hpp"
#include "cluster/cluster_rooms.hpp"

namespace cosio::inline v0_2::cluster {

/// Any thread. Messages of other servers are handled on the wire's thread. No lock is held while the wire is called.
class cluster_adapter final : public adapters::local_adapter,
                              public async::deadline,
                              public std::enable_shared_from_this<cluster_adapter> {
 public:
  cluster_adapter(adapter_host& host, std::shared_ptr<cluster_wire> wire,
                  std::shared_ptr<const cluster_options> settings);

  task<> init() override;
  task<> close() override;

  task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) override;
  task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) override;
  task<> remove(std::string id) override;

  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<answers> broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<delivery> emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                      emit_flags flags) override;
  task<partial<std::vector<std::string>>> sockets(target to) override;
  task<partial<std::vector<socket_descriptor>>> fetch_sockets(target to) override;
  task<partial<std::vector<std::string>>> all_rooms() override;
  task<> sockets_join(target to, std::vector<std::string> rooms) override;
  task<> sockets_leave(target to, std::vector<std::string> rooms) override;
  task<> disconnect_sockets(target to, bool close) override;

  task<> server_side_emit(event_data event) override;
  task<answers> server_side_emit_with_ack(event_data event, std::optional<std::chrono::milliseconds> timeout) override;
  task<std::size_t> server_count() override;

  std::optional<wire_counts> counts() const override { return wire_->counts(); }
  bool keeps_sessions() const noexcept override { return keeps_; }
  task<> persist_session(session_record record) override;
  task<std::shared_ptr<const session_record>> restore_session(std::string pid, std::string offset) override;

  const std::string& uid() const noexcept { return uid_; }

  /// Called by the receiver.
  void on_message(cluster_message&& message, std::string_view offset);
  void on_lost();
  void on_restored(wire_gap gap);
  void on_deadline() override;

 protected:
  bool watches_rooms() const noexcept override { return rooms_ != nullptr || local_adapter::watches_rooms(); }
  void room_changed(const room_event& what) override;

 private:
  using self_ptr = std::shared_ptr<cluster_adapter>;
  using milliseconds = std::chrono::milliseconds;
  using packet_ptr = std::shared_ptr<const outgoing_packet>;
  using question_ptr = std::shared_ptr<cluster_question>;
  class asking;

  // Coroutines own the adapter.
  static task<> open(self_ptr self);
  static task<> end(self_ptr self);

  // ---- rooms
  bool awaits_rooms() const noexcept { return rooms_ != nullptr && settings_->await_subscriptions; }
  static task<> until_subscribed(self_ptr self, std::vector<std::string> rooms);
  static task<> join_and_wait(self_ptr self, std::shared_ptr<local_socket> who, std::vector<std::string> rooms);
  static task<> join_everywhere(self_ptr self, cluster_message what);
  static task<> leave_everywhere(self_ptr self, cluster_message what);
  static task<> disconnect_everywhere(self_ptr self, cluster_message what);

  // ---- events and requests of this server
  static task<report> broadcast_everywhere(self_ptr self, packet_ptr packet, target to);
  static task<answers> ask_clients_everywhere(self_ptr self, packet_ptr packet, target to);
  static task<partial<std::vector<socket_descriptor>>> fetch_everywhere(self_ptr self, target to, milliseconds timeout);
  static task<partial<std::vector<std::string>>> ids_everywhere(self_ptr self, target to);
  static task<partial<std::vector<std::string>>> rooms_everywhere(self_ptr self);
  static task<> emit_to_servers(self_ptr self, cluster_message what);
  static task<answers> ask_servers(self_ptr self, event_data event, milliseconds timeout);
  static task<awaited_servers> other_servers(self_ptr self, async::time_point until);
  static task<std::size_t> count_servers(self_ptr self, milliseconds within);
  static task<std::size_t> known_servers(self_ptr self);
  /// @throws error errc::disconnected when the request could not be sent.
  static task<> ask_other_servers(self_ptr self, cluster_message what, question_ptr question, milliseconds timeout);
  /// @throws error errc::disconnected likewise.
  static task<> ask(self_ptr self, cluster_message what, question_ptr question, async::time_point until);
  /// Is begun before it returns. @throws error errc::bad_argument for what other servers cannot read.
  static task<publication> publish(self_ptr self, cluster_message what);
  static task<publication> end_of(self_ptr self, message_type type, task<publication> sending);
  static task<> publish_if_others(self_ptr self, cluster_message what);
  static task<> without_outcome(task<publication> sending);
  static task<> publish_quietly(self_ptr self, cluster_message what);
  static task<> publish_request(self_ptr self, cluster_message what, question_ptr question);

  static std::string new_id();
  bool reaches_others(const target& to) const noexcept;
  cluster_message message(message_type type) const;
  cluster_message event_message(const packet_ptr& packet, target to) const;
  milliseconds time_of(const target& to) const;
  void published(message_type type, const publication& how);
  static void count(report& sum, const publication& how) noexcept;
  void tell(const cluster_event& what) const noexcept;
  void begin(task<> work) const { async::spawn(strand_, "cluster", std::move(work)); }
  void expect(const std::string& request_id, const question_ptr& question);
  void stop_expecting(const std::string& request_id);
  std::vector<question_ptr> questions() const;
  std::vector<std::string> peers() const;

  // ---- messages of other servers
  void on_broadcast(cluster_message&& message, std::string_view offset);
  void on_asked_broadcast(cluster_message&& message);
  void on_fetch(const cluster_message& message);
  void on_server_side_emit(cluster_message&& message);
  void on_answer(cluster_message&& message);
  static task<> disconnect_here(self_ptr self, target to, bool close);
  static task<> answer_asked(self_ptr self, std::shared_ptr<adapter_host> keep, packet_ptr packet,
                             cluster_message asked);
  static task<> send_answer(self_ptr self, std::string requester, cluster_message answer);
  bool concerns_anybody(const target& to) const;
  packet_ptr encoded(cluster_message& message, std::optional<std::uint64_t> ack_id) const;

  // ---- heartbeats
  static task<> beat(self_ptr self, std::shared_ptr<adapter_host> keep);
  void seen(const std::string& uid);
  void on_goodbye(const std::string& uid);
  void left(const std::string& uid);
  void arm();

  // ---- the stream of events, for wires that keep sessions
  static task<admission> connect_and_wait(self_ptr self, std::shared_ptr<local_socket> who);
  static task<admission> resume(self_ptr self, std::shared_ptr<local_socket> who,
                                std::shared_ptr<const session_record> from);
  static task<report> broadcast_in_place(self_ptr self, packet_ptr packet, target to);
  static task<delivery> emit_in_place(self_ptr self, std::shared_ptr<local_socket> to, packet_ptr packet,
                                      emit_flags flags);
  static task<report> own_outcome(self_ptr self, std::string offset);
  static task<> save(self_ptr self, session_record record);
  static task<std::shared_ptr<const session_record>> restore(self_ptr self, std::string pid, std::string offset);
  class resuming;
  /// The next step of a session that comes back: it is in, more is to be sent, this server must receive more first, or
  /// it is over.
  enum class returning_step : std::uint8_t { in, more, wait, ended };
  returning_step next_of(resuming& of, std::vector<live_event>& some) COSIO_EXCLUDES(mutex_);
  returning_step next_locked(resuming& of, std::vector<live_event>& some, adapters::room_events* events)
      COSIO_REQUIRES(mutex_);
  bool has_all_live(const cluster_returns::session& of) const COSIO_REQUIRES(mutex_);
  class own_channel;

  void on_event_of_stream(cluster_message&& message, std::string_view offset);
  bool has_received(std::string_view offset) const;
  bool passes_by(const target& to, std::string_view offset);
  void note_own(std::string_view offset, const report& sum);
  bool has_own_outcome(const std::string& offset, report& into);
  bool await_own(const std::string& offset, const std::weak_ptr<async::suspension>& waiting);
  void forget_own(const std::string& offset);
  static task<> until_room(self_ptr self, const std::vector<kept_session::missed>& events);
  bool has_room_for(const std::vector<kept_session::missed>& events);
  cluster_returns::session_ptr begin_return(const std::string& pid);
  bool hold_return(const cluster_returns::session_ptr& begun, const session_record& record, kept_session& kept);
  void end_return(const std::string& pid, const cluster_returns::session_ptr& begun);
  admission let_in(const std::shared_ptr<local_socket>& who);
  std::string latest_offset() const COSIO_REQUIRES(mutex_);
  void note_gap();
  bool spans_gap(const std::string& id);

  const std::weak_ptr<adapter_host> weak_host_;
  const std::shared_ptr<cluster_wire> wire_;
  const std::shared_ptr<const cluster_options> settings_;
  const std::string nsp_;
  const std::string uid_;
  const bool beats_;  // servers are counted by heartbeats
  const bool keeps_;  // sessions are kept
  const async::strand strand_;
  const std::shared_ptr<cluster_rooms> rooms_;  // null unless the wire watches rooms
  static constexpr std::size_t max_asked = 10'000;
  const std::shared_ptr<answer_total> answers_ = std::make_shared<answer_total>();
  const std::shared_ptr<asked_questions> asked_;  // of other servers, that are being answered
  async::bounded_start answering_;
  std::atomic<bool> is_failing_{false};  // the last message was not published

  mutable base::mutex state_mutex_;
  base::text_map<question_ptr> questions_ COSIO_GUARDED_BY(state_mutex_);
  cluster_peers peers_ COSIO_GUARDED_BY(state_mutex_);
  async::time_point next_beat_ COSIO_GUARDED_BY(state_mutex_){};
  bool is_open_ COSIO_GUARDED_BY(state_mutex_) = false;

  // Guarded by the mutex of the room table: what was received and who is in must agree.
  struct outcome {
    bool is_known = false;
    report sum;
    std::weak_ptr<async::suspension> waiting;
  };
  std::string last_received_ COSIO_GUARDED_BY(mutex_);
  base::text_map<bool> gapped_ COSIO_GUARDED_BY(mutex_);  // sockets that were here at the latest gap
  cluster_returns returns_ COSIO_GUARDED_BY(mutex_);
  base::text_map<outcome> own_ COSIO_GUARDED_BY(mutex_);  // own broadcasts, by offset
};

}  // namespace cosio::inline v0_2::cluster
