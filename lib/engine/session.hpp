// One client's Engine.IO life, across transports.
//
//   way in    transports -> session::receive() -> session_handler (socketio/client, or a raw engine's handlers)
//   way out   send() from any thread -> outbox -> flush() -> transport
//
// Everything is on the client's strand, except what says "any thread": that is guarded by mutex_, which is never held
// over a system call.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/binary.hpp>
#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/reason.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/own_context.hpp"
#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "async/suspensions.hpp"
#include "base/counters.hpp"
#include "base/small_mutex.hpp"
#include "base/token_bucket.hpp"
#include "engine/heartbeat.hpp"
#include "engine/outbox.hpp"
#include "engine/polling_transport.hpp"
#include "engine/transport.hpp"
#include "engine/upgrade.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::engine {

class websocket_transport;

/// What stands above a session. Called on its strand.
class session_handler {
 public:
  virtual ~session_handler() = default;
  virtual void on_text(std::string_view text) = 0;  ///< valid during the call
  virtual void on_binary(cosio::binary bytes) = 0;
  virtual void on_input_end() = 0;               ///< all that arrived together has been handed up
  virtual void on_upgrade() {}                   ///< the session has moved to WebSocket
  virtual void on_heartbeat() {}                 ///< once in a ping interval
  virtual void on_close(const reason& why) = 0;  ///< last call
  virtual void on_forsaken() noexcept {}         ///< or this one: lets go of what it holds, and tells nobody
};

/// What a session needs of its engine.
class session_host {
 public:
  virtual ~session_host() = default;
  virtual const engine_options& settings() const noexcept = 0;
  virtual async::deadlines& timers() noexcept = 0;
  virtual base::counters& counters() noexcept = 0;
  virtual void forget(const std::string& sid) noexcept = 0;  ///< any thread
};

class session final : public transport_owner, public async::deadline, public std::enable_shared_from_this<session> {
 public:
  enum class state { open, closing, closed };

  session(std::shared_ptr<session_host> host, async::strand strand, std::string id, wire::revision rev,
          http::request request, bool base64);
  ~session() override;

  // Any thread; never change.
  const std::string& id() const noexcept { return id_; }
  wire::revision revision() const noexcept { return revision_; }
  const http::request& request() const noexcept { return request_; }
  const async::strand& get_strand() const noexcept { return strand_; }
  async::executor get_executor() const noexcept { return strand_.get_inner_executor(); }

  // Any thread.
  /// Queues frames that belong together. @param is_volatile  Only if they can go out at once.
  delivery send(std::span<const shared_frame> frames, bool is_volatile = false);
  /// Waits while more than the high-water mark is queued; returns at once otherwise, and when the session ends.
  task<> wait_for_room();
  bool above_high_water() const noexcept { return crowded_.load(std::memory_order_relaxed); }
  /// Waits until nothing is queued. @return false when the session ended first, or has ended.
  static task<bool> wait_until_sent(std::shared_ptr<session> self);
  void flush() noexcept;
  std::size_t buffered() const;
  bool on_websocket() const;
  bool is_open() const;
  /// handler(), from any thread.
  std::shared_ptr<session_handler> shared_handler() const;
  /// Nothing more happens: on_close() was called, or is being called.
  bool is_over() const noexcept { return over_.load(std::memory_order_acquire); }
  /// Closes on the strand.
  void post_close(reason why, bool discard);
  /// The same at once; but if the io_context ends before it comes to that, the session is only let go of.
  void post_last_close(reason why);

  // On the strand.
  state current_state() const noexcept { return state_; }
  /// A session that is over tells it why, at once, and does not keep it.
  void handler(std::shared_ptr<session_handler> above);
  const std::shared_ptr<session_handler>& handler() const noexcept { return handler_; }
  /// Opens on polling: queues the open packet.
  void open(std::string_view open_packet);
  /// Opens on WebSocket: queues the answer to the HTTP request and the open packet; nothing is read before
  /// start_websocket(). Clients of revision 3 begin to listen when the WebSocket is open: they get the open packet a
  /// moment behind the answer.
  void open_websocket(std::shared_ptr<websocket_transport> transport, const shared_frame& http_answer,
                      std::string_view open_packet);
  void start_websocket(std::string leftover);
  /// @return false when an upgrade is under way or done: the transport is of no use.
  bool start_upgrade(std::shared_ptr<websocket_transport> transport, std::string leftover);
  void on_poll(std::shared_ptr<poll_request> poll);
  void on_poll_aborted(const std::shared_ptr<poll_request>& poll);
  /// @return false when another POST is under way, which ends the session.
  bool begin_post(std::shared_ptr<http::exchange> x);
  enum class post_state { refused, taken, input_held };
  /// What came of a POST. @param begun  begin_post() has been called; else this does.
  post_state take_post(const std::shared_ptr<http::exchange>& x, const result<std::string>& body, bool binary,
                       bool begun);
  /// @return false when the POST was given up meanwhile (the session moved to WebSocket, or ended).
  bool end_post(const std::shared_ptr<http::exchange>& x);
  void on_payload(std::string_view body, bool binary);
  /// Stops reading, or goes on: the handlers have fallen behind. Meanwhile heartbeats are not counted, but the client must take what is sent.
  void hold_input(bool hold);
  /// Ends the suspension once input is not held.
  void on_input_room(std::shared_ptr<async::suspension> waiting);
  /// What is queued now, as the body of the handshake's response.
  polling_transport::payload take_open_payload();
  /// Closes: after what is queued has been sent, or at once with `discard`.
  void close(reason why, bool discard);

  // From the transports and the timer.
  void on_item(websocket_transport& from, const wire::frame_item& item) override;
  void on_input_end(websocket_transport& from) override;
  void on_writable(websocket_transport& from) override;
  void on_lost(websocket_transport& from, const reason& why) override;
  void on_too_long() override;
  void on_deadline() override;

 private:
  struct upgrading {
    std::shared_ptr<websocket_transport> transport;
    upgrade steps;
  };

  // A WebSocket whose open packet waits until the client listens.
  struct arriving {
    std::shared_ptr<websocket_transport> transport;
    std::string leftover;
    async::time_point when;
  };

  // Coroutines that wait for the outbox.
  struct waiters {
    std::vector<std::shared_ptr<async::suspension>> for_room;
    std::vector<std::shared_ptr<async::suspension>> for_empty;

    // The session has ended.
    void end_all() const {
      for (const auto& w : for_room) w->end();
      for (const auto& w : for_empty) w->end(make_error_code(errc::disconnected));
    }
  };

  void arrive();
  void receive(const wire::engine_packet& packet, std::string* whole = nullptr);
  // What stands above reports its own errors; what comes out of it all the same (no memory) ends this session and no
  // other.
  template <class F>
  void hand_up(F call) {
    try {
      call();
    } catch (...) {
      give_up_input(std::current_exception());
    }
  }
  void give_up_input(const std::exception_ptr& thrown);
  void end_of_input(const std::shared_ptr<session_handler>& above);
  void on_probe_packet(const wire::engine_packet& packet);
  void complete_upgrade();
  void abandon_upgrade();
  void tell_given_up();
  void flush_now();
  void flush_polling() noexcept;
  void answer_poll();
  void give_up_output(const std::exception_ptr& thrown) noexcept;
  void pump(const std::shared_ptr<websocket_transport>& to, frame_batch& batch);
  bool settle(std::size_t bytes) noexcept;
  void note_crowding() noexcept;
  void tell_waiting();
  void send_first(const shared_frame& ping);
  waiters& waiting();
  bool tell_held_poll();
  bool within_rate(std::size_t bytes);
  void count_out(std::size_t packets, std::size_t bytes) noexcept;
  base::counter kind_now(bool websocket) const noexcept;
  void count_gone() noexcept;
  // What a session has until it ends.
  struct let_go_of {
    std::shared_ptr<websocket_transport> transport;
    std::shared_ptr<session_handler> above;
    std::unique_ptr<waiters> waiting;
  };
  let_go_of let_go(const reason& why) noexcept;
  std::shared_ptr<websocket_transport> websocket() const;
  void finish_close();
  void end(const reason& why);
  void forsake() noexcept;
  void answer_held(std::initializer_list<wire::packet_type> types);
  void on_time();
  void do_what_is_due(async::time_point now);
  bool is_broken() const;
  std::string_view short_id() const noexcept { return std::string_view(id_).substr(0, 6); }  // for the log
  void cut();
  bool takes_what_is_sent();
  void set_timer();

  class last_close;

  const std::shared_ptr<async::own_context> context_ =
      async::own_context::running();  // that of the strand; or host_ has it
  const std::shared_ptr<session_host> host_;
  const async::strand strand_;
  const std::string id_;
  const http::request request_;

  // On the strand.
  std::shared_ptr<session_handler> handler_;  // written with mutex_ held, so that other threads may read it
  heartbeat heartbeat_;
  std::unique_ptr<polling_transport> polling_;  // until the session is on WebSocket
  std::unique_ptr<upgrading> upgrade_;
  std::unique_ptr<arriving> arriving_;
  std::unique_ptr<base::token_bucket> rate_;               // with max_byte_rate, once something came
  async::time_point close_by_ = async::time_point::max();  // closing, and no GET came yet
  std::unique_ptr<const reason> why_;                      // closing: what to end with; closed: what it ended with
  async::suspensions waiting_for_input_;                   // POSTs that are answered when reading goes on
  bool input_held_ = false;
  bool counted_ = false;  // among the open sessions

  // Guarded by mutex_.
  mutable base::small_mutex mutex_;
  outbox outbox_;
  std::shared_ptr<websocket_transport> websocket_;  // when the session is on WebSocket, and what is queued may go out
  std::unique_ptr<waiters> waiting_;                // none, as a rule
  std::size_t blocked_bytes_ = 0;                   // of a batch that the peer had no room for
  bool accepting_ = true;                           // open: packets may be queued
  bool ended_ = false;                              // closed: nothing goes out any more
  bool scheduled_ = false;                          // on a list to be flushed
  bool writing_ = false;                            // somebody writes, or the peer has no room
  bool took_ = false;                               // something has left the outbox since takes_what_is_sent() looked
  bool poll_held_ = false;
  bool on_websocket_ = false;  // also before websocket_ is there
  bool broken_ = false;        // what was to be sent could not be: the end comes with the timer

  const wire::revision revision_;
  std::atomic<bool> over_{false};
  std::atomic<bool> crowded_{false};  // more than the high-water mark is queued; written with mutex_ held
  state state_ = state::open;
};

}  // namespace cosio::engine
