// One client's Engine.IO life, across transports: polling, an upgrade, WebSocket, the end.
//
//   way in    transports -> session -> session_handler (socketio/client_core, or a raw engine's message_handler)
//   way out   send() from any thread -> output -> transport
//
// Flow:
//   1. open() or open_websocket() queues the open packet. start_websocket() begins to read from a WebSocket.
//   2. Polling brings input by take_post(), a WebSocket by on_item(). receive() decides: heartbeat, message, or error.
//      A turn on the strand handles so many packets and no more.
//   3. start_upgrade() lets a second transport probe. complete_upgrade() moves the session to it.
//   4. on_deadline() posts on_time(): pings, missing pongs, the time limits of an upgrade and of a close.
//   5. close() lets queued frames go out first. close_now() ends the session, once, and calls on_close().
//
// The order of calls: open() or open_websocket() first; handler() before input comes; begin_post() before the
// body of a POST is awaited, and take_post() after it. After close_now() every call refuses, or has no effect.

#pragma once
#include <boost/asio/dispatch.hpp>

#include <cosio/adapter.hpp>
#include <cosio/binary.hpp>
#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/reason.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
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
#include "engine/visitors.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::engine {

struct session_extras;
class websocket_transport;

/// The receiver of a session's messages. Called on the session's strand.
class session_handler {
 public:
  virtual ~session_handler() = default;
  virtual void on_text(std::string_view text) = 0;  ///< valid during the call
  virtual void on_binary(cosio::binary bytes) = 0;
  /// All messages that arrived together have been handed up.
  virtual void on_input_end() = 0;
  /// The session has moved to WebSocket.
  virtual void on_upgrade() {}
  /// Called once in a ping interval.
  virtual void on_heartbeat() {}
  /// Whether nothing goes on before the client does: all that runs for it waits for it.
  /// @param hooks  Coroutines of hooks that run for it beside its handlers, and count as well.
  virtual bool waits_for_client([[maybe_unused]] std::size_t hooks) const noexcept { return false; }
  /// The memory of packets whose last part has not come, in bytes.
  virtual std::size_t unfinished_bytes() const noexcept { return 0; }
  /// The last call, unless on_forsaken() is.
  virtual void on_close(const reason& why) = 0;
  /// The last call when the io_context has ended: releases what it holds, and tells nobody.
  virtual void on_forsaken() noexcept {}
};

/// On the client's strand, except the functions below "Any thread". Only the handler's pointer has a mutex here; what
/// goes out has its own, see output.
class session final : public transport_owner, public async::deadline, public output_owner {
 public:
  enum class state : std::uint8_t { open, closing, closed };

  // Only make() has one.
  class for_make {
    friend class session;
    for_make() = default;
  };
  template <class... Args>
  static std::shared_ptr<session> make(Args&&... args) {
    auto made = std::make_shared<session>(for_make(), std::forward<Args>(args)...);
    made->owned_by(made);
    return made;
  }
  session(for_make, std::shared_ptr<session_host> host, async::strand strand, std::string id, wire::revision rev,
          http::request request, bool base64);
  ~session() override;

  // Any thread: these never change.
  const std::string& id() const noexcept { return id_; }
  wire::revision revision() const noexcept { return revision_; }
  const http::request& request() const noexcept { return request_; }
  const async::strand& get_strand() const noexcept { return output_.get_strand(); }
  const std::shared_ptr<session_host>& host_ptr() const noexcept { return output_.host_ptr(); }
  /// Whether the library's own io_context has ended: then nothing that is started on the strand would run.
  bool strand_has_ended() const noexcept { return context_ && context_->ended(); }

  // Any thread: the functions of output.
  delivery send(std::span<const shared_frame> frames, bool is_volatile = false) {
    if (extras() != nullptr) [[unlikely]]
      return send_and_tell(frames, is_volatile);
    return output_.send(frames, is_volatile);
  }
  task<> wait_for_room() { return output::wait_for_room(shared_output(shared_from_this())); }
  static task<bool> wait_until_sent(const std::shared_ptr<session>& self) {
    return output::wait_until_sent(shared_output(self));
  }
  bool above_high_water() const noexcept { return output_.above_high_water(); }
  std::size_t buffered() const { return output_.buffered(); }
  /// The memory that the queued frames cost: see outbox.
  std::size_t queued_cost() const { return output_.queued_cost(); }
  /// For tests: see output::measured(). With the input that waits.
  std::pair<std::size_t, std::size_t> measured() const;
  /// The memory that this session keeps. Whoever keeps something for its client charges it here.
  base::account& account() noexcept { return output_.account(); }
  bool on_websocket() const { return output_.on_websocket(); }
  bool is_open() const { return output_.is_accepting(); }
  void flush() noexcept override { output_.flush(); }
  bool judge() noexcept override { return output_.judge(); }
  async::executor get_executor() const noexcept override { return output_.get_executor(); }

  // Any thread.
  std::shared_ptr<session_handler> shared_handler() const;
  /// The client has sent nothing yet but the handshake. Before anybody but `visitors` knows the session.
  void begin_silent(visitors::silence place) noexcept {
    silence_ = place;
    silent_.store(true, std::memory_order_relaxed);
  }
  /// The argument of begin_silent(), for the caller whose end_silence() was true.
  visitors::silence silence() const noexcept { return silence_; }
  /// @return whether the session was silent until now. So its silence is uncounted once.
  bool end_silence() noexcept { return silent_.load(std::memory_order_relaxed) && silent_.exchange(false); }
  /// Whether on_close() was called, or is being called.
  bool is_over() const noexcept { return state_.load(std::memory_order_acquire) == state::closed; }
  /// The application's listeners and data; null until something asks for them.
  session_extras* extras() const noexcept { return extras_.load(std::memory_order_acquire); }
  /// The same; makes them.
  session_extras& make_extras();
  /// The memory that is charged to the account, by kinds. On the strand.
  client_memory kept_memory() const;
  /// The request of the transport that is in use, see engine_session::current_request().
  http::request current_request() const;
  /// Calls close() on the strand.
  void post_close(reason why, bool discard);
  /// Closes on the strand, and discards what is queued. If the io_context ends first, forsake() runs instead. Without
  /// memory for that the session is broken off.
  void post_close_or_forsake(const reason& why) noexcept;
  /// Calls `work`. If that fails (no memory), this session is broken off: an exception would leave run(), and its
  /// client would wait for ever.
  template <class F>
  void or_break_off(F&& work) noexcept {
    try {
      work();
    } catch (...) {
      output_.on_broken(std::current_exception());
    }
  }
  /// Calls `work` on the strand, later, as or_break_off() does. @throws std::bad_alloc without memory to post with.
  template <class F>
  void post(F work) {
    async::post(get_strand(), "engine",
                [self = shared_from_this(), work = std::move(work)]() mutable { self->or_break_off(work); });
  }
  /// The same, but before this returns if nothing runs on the strand: the caller is at a place where the session, and
  /// the handlers of the application, may do whatever they like.
  template <class F>
  void post_or_run(F work) {
    boost::asio::dispatch(get_strand(),
                          [self = shared_from_this(), work = std::move(work)]() mutable { self->or_break_off(work); });
  }

  // On the strand.
  state current_state() const noexcept { return state_.load(std::memory_order_relaxed); }
  /// Sets the handler. If the session is over, the handler's on_close() is called at once, and it is not kept.
  void handler(std::shared_ptr<session_handler> above);
  /// Only the strand writes the handler, so no lock is needed to read it there.
  const std::shared_ptr<session_handler>& handler() const noexcept COSIO_NO_THREAD_SAFETY_ANALYSIS { return handler_; }
  /// Opens on polling: queues the open packet. Once, before take_open_payload().
  void open(std::string_view open_packet);
  /// Opens on WebSocket, once: queues the answer to the HTTP request and the open packet. Nothing is read before
  /// start_websocket(). Clients of revision 3 begin to listen when the WebSocket is open, so they get the open packet a
  /// moment after the answer.
  void open_websocket(std::shared_ptr<websocket_transport> transport, const shared_frame& http_answer,
                      std::string_view open_packet);
  /// Begins to read. @param leftover  Bytes that were read beyond the HTTP request.
  void start_websocket(std::string leftover);
  /// Starts the coroutine of a hook, and counts it until it ends. While options.max_handlers_in_flight of them run, or
  /// they hold max_held_bytes bytes, nothing more is read: each packet of the client may start another one. An empty
  /// task is that of a plain function, which has run.
  /// @param component  Logs an exception that leaves the coroutine. A literal.
  /// @param bytes      Of the packet that the coroutine holds.
  void start_hook(std::string_view component, task<> work, std::size_t bytes = 0);
  /// Adds a listener for the end. It is called at once when the session is over.
  void listen_to_end(std::function<void(reason)> listener);
  /// Adds a listener for the move to WebSocket. It is dropped when that was before.
  void listen_to_upgrade(std::function<void()> listener);
  /// Lets a WebSocket probe. @return false when an upgrade is under way or done: the caller closes the transport.
  /// @param request  The Upgrade request.
  bool start_upgrade(std::shared_ptr<websocket_transport> transport, std::string leftover,
                     const http::request& request = {});
  /// A GET: it is answered at once, held, or refused.
  void on_poll(std::shared_ptr<poll_request> poll);
  /// The client has left the held GET, which closes the session. Without effect when the GET has been answered.
  void on_poll_aborted(const std::shared_ptr<poll_request>& poll);
  /// A POST whose body has not been read yet. @return false when another POST is under way, which closes the session.
  bool begin_post(std::shared_ptr<http::exchange> x);
  enum class post_state {
    refused,       // the session has moved to WebSocket, or another POST is under way
    taken,         // its packets have been handed up, or the session has ended
    unread,        // more packets than one turn handles: continue_post() is to be called
    input_paused,  // the same, after the wait of end_when_reading()
  };
  /// Handles the body of a POST. @param begun  Whether begin_post() has been called; otherwise this function does it.
  post_state take_post(const std::shared_ptr<http::exchange>& x, result<std::string> body, bool binary, bool begun);
  /// Handles more packets of this POST.
  post_state continue_post(const std::shared_ptr<http::exchange>& x);
  /// Tells how many bytes of messages are held, with the memory around them. Reading pauses when more than
  /// options.max_held_bytes wait, and continues at half of that. The limit is three times as high while all handlers
  /// wait for the client: its answers may lie behind more events.
  /// @param waiting  Of messages that wait for a handler.
  /// @param running  Of messages whose handlers run.
  void input_held(std::size_t waiting, std::size_t running) {
    if (waiting + running != held_bytes_ || input_paused_) note_held(waiting, running);
  }
  std::size_t held_bytes() const noexcept { return held_bytes_; }
  bool input_paused() const noexcept { return input_paused_; }
  /// More than max_client_bytes would be kept for the client: closes at once.
  void close_over_account();
  /// Stops or continues reading because of messages that wait. Meanwhile the client's heartbeats may stay unread, so it
  /// counts as alive as long as it takes what is sent, pings among it. But if all handlers wait for the client and none
  /// ends, nothing would ever end the pause: then a missing pong counts. So it does where hooks are the cause, if all
  /// their coroutines wait for the client, too. When reading continues, the client gets the time for a pong again.
  void pause_input(bool pause);
  /// Ends the suspension once reading is not paused.
  void end_when_reading(std::shared_ptr<async::suspension> waiting);
  /// The queued packets, as the body of the handshake's response.
  polling_transport::payload take_open_payload();
  /// Ends the session, unless its client has sent something since the handshake: it has been silent longest of more
  /// sessions of its address than may be.
  void end_if_silent();
  /// Closes after queued frames have been sent, or at once. @param discard  At once: queued frames are dropped.
  void close(reason why, bool discard);
  /// Closes as close(why, false) does, for a server that closes. A client that has only the end to hear is not waited
  /// for: on polling it has options.close_timeout to ask for that, and no time if it has asked for nothing yet.
  void drain(reason why);

  // Called by the transports and by the timer.
  void on_item(websocket_transport& from, const wire::frame_item& item) override;
  void on_input_end(websocket_transport& from) override;
  void on_writable(websocket_transport& from) override;
  void on_lost(websocket_transport& from, const reason& why) override;
  void on_too_long() override;
  async::duration time_to_answer_close() noexcept override { return host().time_to_answer_close(); }
  void on_deadline() override;

  // Called by the output.
  std::shared_ptr<output_owner> shared_owner() override { return shared_from_this(); }
  void answer_poll() noexcept override;
  void on_output_idle() override;
  void on_output_lost(const reason& why) override { close_now(why); }
  void on_output_behind(std::chrono::milliseconds time_to_read) override;
  void on_output_overflow(base::limit which) override;
  void on_output_broken(const std::exception_ptr& thrown) noexcept override;

 private:
  // A second transport that probes.
  struct upgrading {
    std::shared_ptr<websocket_transport> transport;
    upgrade steps;
  };

  // The end of a session, from close() on.
  struct ending {
    explicit ending(reason end) : why(std::move(end)) {}
    const reason why;
    async::time_point by = async::time_point::max();  // the client has until then to take more of what is queued
    bool of_server = false;                           // drain()
  };

  // A WebSocket of revision 3, whose open packet waits until the client listens.
  struct opening {
    std::shared_ptr<websocket_transport> transport;
    std::string leftover;
    async::time_point when;
  };

  // The members that become_closed() takes away.
  struct parts {
    std::shared_ptr<websocket_transport> transport;
    std::shared_ptr<session_handler> above;
    std::unique_ptr<output::waiters> waiting;
  };

  // The table of deadlines refers to the session weakly, and so does the session itself: one weak_ptr is enough.
  std::shared_ptr<session> shared_from_this() {
    return std::static_pointer_cast<session>(std::shared_ptr<void>(owner()));
  }
  static std::shared_ptr<output> shared_output(const std::shared_ptr<session>& of) { return {of, &of->output_}; }
  session_host& host() const noexcept { return output_.host(); }
  bool is_state(state which) const noexcept { return current_state() == which; }

  void note_request() noexcept;
  std::size_t own_bytes() const noexcept;
  bool is_posting(const std::shared_ptr<http::exchange>& x) const noexcept;
  void end_held_poll();
  bool begin_payload(std::string body, bool binary);
  bool read_payload();
  post_state drop_payload();
  void charge_input(std::size_t unread);
  void finish_opening();
  void receive(const wire::engine_packet& packet, std::string* whole = nullptr);
  delivery send_and_tell(std::span<const shared_frame> frames, bool is_volatile);
  void tell_created(const shared_frame& packet) noexcept;
  void tell_packet(const wire::engine_packet& packet) const;
  void tell_heartbeat() const;
  void tell_upgrade() const;
  void keep_upgrade_request(const http::request& request);
  void drop_extras() noexcept;
  std::size_t extras_bytes() const noexcept;
  // Handlers report their own errors. An exception that still escapes (out of memory) ends this session only.
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
  void close_for_bad_packet(errc code);
  void on_probe_packet(const wire::engine_packet& packet);
  void complete_upgrade();
  void close_upgrade();
  void count_failed_upgrade();
  bool add_close_for_held_poll();
  bool has_only_the_end() const;
  void wait_for_reader();
  void note_held(std::size_t waiting, std::size_t running);
  void pause_or_read();
  void hook_ended(std::size_t bytes);
  void weigh_hooks();
  void forget_hooks() noexcept;
  void charge_held(std::size_t bytes) noexcept;
  bool within_rate(std::size_t bytes);
  base::counter kind_now(bool websocket) const noexcept;
  void count_gone() noexcept;
  parts become_closed(const reason& why) noexcept;
  void end_post();
  void close_now();
  void close_now(const reason& why);
  void forsake() noexcept;
  void answer_held(std::initializer_list<wire::packet_type> types);
  void on_time();
  void handle_due(async::time_point now);
  // For the log, since the whole id is a secret.
  std::string_view short_id() const noexcept { return std::string_view(id_).substr(0, 6); }
  void abort();
  bool still_reads();
  void set_timer();
  void judge_silence(async::time_point now);

  class close_or_forsake;

  // Keeps the library's own io_context, which the strand must not outlive. Null when the application owns it.
  const std::shared_ptr<async::own_context> context_ = async::own_context::running();
  output output_;
  const std::string id_;
  const http::request request_;

  // On the strand, but the handler is written with its mutex held, so that other threads may read it.
  std::shared_ptr<session_handler> handler_ COSIO_GUARDED_BY(handler_mutex_);
  [[no_unique_address]] heartbeat heartbeat_;  // ends with free bytes, in which the mutex lies
  mutable base::small_mutex handler_mutex_;
  std::unique_ptr<polling_transport> polling_;  // until the session is on WebSocket
  std::unique_ptr<upgrading> upgrade_;
  std::unique_ptr<opening> opening_;
  std::unique_ptr<base::token_bucket> rate_;                   // with options.max_byte_rate, from the first packet on
  std::unique_ptr<ending> ending_;                             // null while the session is open
  std::size_t held_bytes_ = 0;                                 // of messages that wait, or whose handlers run
  async::suspensions waiting_for_input_;                       // POSTs that are answered when reading continues
  std::atomic<session_extras*> extras_{nullptr};               // owned; set once
  visitors::silence silence_{};                                // while silent_
  std::size_t input_bytes_ = 0;                                // charged to the account
  async::time_point behind_until_ = async::time_point::max();  // a client above max_queued_bytes may be so until then
  std::size_t hook_bytes_ = 0;  // of coroutines of hooks that run, as charged to the account
  std::uint32_t hooks_ = 0;     // these coroutines
  // Every connection has a session, so its flags take a bit each.
  bool hooks_full_ : 1 = false;           // they are as many as may be
  bool held_back_ : 1 = false;            // too many bytes of messages wait
  bool input_paused_ : 1 = false;         // one of the two
  bool pause_spares_ : 1 = false;         // the pause, or the last one, gives the client its time for a pong again
  bool heard_ : 1 = true;                 // since hooks have begun such a pause
  bool handlers_progressed_ : 1 = false;  // while input_paused_: fewer bytes are held than at the last look
  bool counted_ : 1 = false;              // as an open session
  bool asked_ : 1 = false;                // by a request after the handshake, on polling or for an upgrade
  std::atomic<bool> silent_{false};       // since the handshake
  const wire::revision revision_;
  std::atomic<state> state_{state::open};  // written on the strand
};

}  // namespace cosio::inline v0_2::engine
