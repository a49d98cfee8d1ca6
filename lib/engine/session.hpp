// One client's Engine.IO life, across transports.
//
//   way in    transports -> session::receive() -> session_handler (socketio/client, or a raw engine's handlers)
//   way out   send() from any thread -> output -> transport
//
// Everything is on the client's strand, except what says "any thread".

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/binary.hpp>
#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/reason.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "async/deadlines.hpp"
#include "async/own_context.hpp"
#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "async/suspensions.hpp"
#include "base/guarded.hpp"
#include "base/token_bucket.hpp"
#include "engine/heartbeat.hpp"
#include "engine/output.hpp"
#include "engine/polling_transport.hpp"
#include "engine/session_host.hpp"
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

class session final : public transport_owner, public async::deadline, public output_owner {
 public:
  enum class state : std::uint8_t { open, closing, closed };

  session(std::shared_ptr<session_host> host, async::strand strand, std::string id, wire::revision rev,
          http::request request, bool base64);
  ~session() override;

  // Any thread; never change.
  const std::string& id() const noexcept { return id_; }
  wire::revision revision() const noexcept { return revision_; }
  const http::request& request() const noexcept { return request_; }
  const async::strand& get_strand() const noexcept { return output_.get_strand(); }

  // Any thread: what goes out. See output.
  delivery send(std::span<const shared_frame> frames, bool is_volatile = false) {
    return output_.send(frames, is_volatile);
  }
  task<> wait_for_room() { return output::wait_for_room(shared_output(shared_from_this())); }
  static task<bool> wait_until_sent(const std::shared_ptr<session>& self) {
    return output::wait_until_sent(shared_output(self));
  }
  bool above_high_water() const noexcept { return output_.above_high_water(); }
  std::size_t buffered() const { return output_.buffered(); }
  bool on_websocket() const { return output_.on_websocket(); }
  bool is_open() const { return output_.is_accepting(); }
  /// For a flush_scope while input of this session is handled.
  output& own_output() noexcept { return output_; }

  // Any thread.
  /// handler(), from any thread.
  std::shared_ptr<session_handler> shared_handler() const;
  /// Nothing more happens: on_close() was called, or is being called.
  bool is_over() const noexcept { return state_.load(std::memory_order_acquire) == state::closed; }
  /// Closes on the strand.
  void post_close(reason why, bool discard);
  /// The same at once; but if the io_context ends before it comes to that, the session is only let go of.
  void post_close_or_forsake(reason why);

  // On the strand.
  state current_state() const noexcept { return state_.load(std::memory_order_relaxed); }
  /// A session that is over tells it why, at once, and does not keep it.
  void handler(std::shared_ptr<session_handler> above);
  /// Only the strand writes the handler, so no lock is needed to read it there.
  const std::shared_ptr<session_handler>& handler() const noexcept COSIO_NO_THREAD_SAFETY_ANALYSIS { return handler_; }
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
  enum class post_state { refused, taken, input_paused };
  /// What came of a POST. @param begun  begin_post() has been called; else this does.
  post_state take_post(const std::shared_ptr<http::exchange>& x, const result<std::string>& body, bool binary,
                       bool begun);
  /// @return false when the POST was given up meanwhile (the session moved to WebSocket, or ended).
  bool end_post(const std::shared_ptr<http::exchange>& x);
  void on_payload(std::string_view body, bool binary);
  /// Stops reading, or goes on: the handlers have fallen behind. Meanwhile heartbeats are not counted, but the client must take what is sent.
  void pause_input(bool hold);
  /// Ends the suspension once input is not held.
  void end_when_reading(std::shared_ptr<async::suspension> waiting);
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

  // From the output.
  void answer_poll() noexcept override;
  void on_output_idle() override;
  void on_output_lost(const reason& why) override { close_now(why); }
  void on_output_overflow() override;
  void on_output_broken(const std::exception_ptr& thrown) noexcept override;

 private:
  struct upgrading {
    std::shared_ptr<websocket_transport> transport;
    upgrade steps;
  };

  // From close() on.
  struct ending {
    explicit ending(reason end) : why(std::move(end)) {}
    const reason why;
    async::time_point by = async::time_point::max();  // without a GET until then, the session ends
  };

  // A WebSocket whose open packet waits until the client listens.
  struct arriving {
    std::shared_ptr<websocket_transport> transport;
    std::string leftover;
    async::time_point when;
  };

  std::shared_ptr<session> shared_from_this() {
    return std::static_pointer_cast<session>(output_owner::shared_from_this());
  }
  static std::shared_ptr<output> shared_output(const std::shared_ptr<session>& of) { return {of, &of->output_}; }
  session_host& host() const noexcept { return output_.host(); }
  bool is_state(state which) const noexcept { return current_state() == which; }

  void arrive();
  void receive(const wire::engine_packet& packet, std::string* whole = nullptr);
  // What stands above reports its own errors; what comes out of it all the same (no memory) ends this session and no
  // other.
  template <class F>
  void hand_up(F call) {
    try {
      call();
    } catch (...) {
      close_after_failed_input(std::current_exception());
    }
  }
  void close_after_failed_input(const std::exception_ptr& thrown);
  void end_of_input(const std::shared_ptr<session_handler>& above);
  void on_probe_packet(const wire::engine_packet& packet);
  void complete_upgrade();
  void close_upgrade();
  void count_failed_upgrade();
  bool add_close_for_held_poll();
  bool within_rate(std::size_t bytes);
  base::counter kind_now(bool websocket) const noexcept;
  void count_gone() noexcept;
  // What a session has until it ends.
  struct parts {
    std::shared_ptr<websocket_transport> transport;
    std::shared_ptr<session_handler> above;
    std::unique_ptr<output::waiters> waiting;
  };
  parts become_closed(const reason& why) noexcept;
  void close_now();
  void close_now(const reason& why);
  void forsake() noexcept;
  void answer_held(std::initializer_list<wire::packet_type> types);
  void on_time();
  void handle_due(async::time_point now);
  std::string_view short_id() const noexcept { return std::string_view(id_).substr(0, 6); }  // for the log
  void abort();
  bool still_reads();
  void set_timer();

  class close_or_forsake;

  // The io_context of the strand, which must outlive it. Null when the host keeps it.
  const std::shared_ptr<async::own_context> context_ = async::own_context::running();
  output output_;
  const std::string id_;
  const http::request request_;

  // On the strand, but the handler is written with its mutex held, so that other threads may read it.
  std::shared_ptr<session_handler> handler_ COSIO_GUARDED_BY(handler_mutex_);
  heartbeat heartbeat_;
  std::unique_ptr<polling_transport> polling_;  // until the session is on WebSocket
  std::unique_ptr<upgrading> upgrade_;
  std::unique_ptr<arriving> arriving_;
  std::unique_ptr<base::token_bucket> rate_;  // with max_byte_rate, once something came
  std::unique_ptr<ending> ending_;            // closing: what to end with; closed: what it ended with
  async::suspensions waiting_for_input_;      // POSTs that are answered when reading goes on
  mutable base::small_mutex handler_mutex_;
  bool input_paused_ = false;
  bool counted_ = false;  // among the open sessions
  const wire::revision revision_;
  std::atomic<state> state_{state::open};  // written on the strand
};

}  // namespace cosio::engine
