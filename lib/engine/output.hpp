// The way out of one session: frames are queued by any thread, written, and counted off when they have left.
//
//   way out   session::send() -> outbox -> flush() -> websocket_transport, or the held GET of polling_transport
//
// Flow:
//   1. send() queues frames. The first ones for an idle client put the session on the list of flush.hpp.
//   2. flush() takes what is queued. On WebSocket the calling thread writes it; a held GET is answered on the strand.
//   3. write_all() continues until nothing is queued, or the peer has no room. Then on_writable() does, on the strand.
//   4. settle() counts off what has left. Coroutines that wait for room resume below half of the high-water mark.
//      judge() comes before the verdict that too much is queued: it first writes all that the peer takes. A client that
//      could not read meanwhile has time to: the owner calls end_if_behind() when that is over.
//   5. stop_accepting() refuses new frames, become_closed() takes the transport away, clear() drops the rest.
//
// The order of calls: frames may be queued at any time. The first ones of a polling client go out by
// take_open_payload(), all others not before use_websocket() or on_poll_held().
// stop_accepting() comes before become_closed() when a session closes with a goodbye; become_closed() is called once,
// and clear() after it.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/reason.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "base/account.hpp"
#include "base/counters.hpp"
#include "base/guarded.hpp"
#include "engine/flush.hpp"
#include "engine/outbox.hpp"
#include "engine/polling_transport.hpp"
#include "engine/session_host.hpp"

namespace cosio::inline v0_2::engine {

class websocket_transport;

/// The session, as its output sees it. Never called with the output's lock held.
class output_owner : public flushable {
 public:
  /// The owner itself. Any thread.
  virtual std::shared_ptr<output_owner> shared_owner() = 0;
  // On the strand.
  /// A GET is held, and frames are queued for it: output::answer() is to be called.
  virtual void answer_poll() noexcept = 0;
  /// Nothing is being written any more. A session that closes was waiting for that.
  virtual void on_output_idle() = 0;
  /// The connection was lost while frames were written to it.
  virtual void on_output_lost(const reason& why) = 0;
  /// More is queued than max_queued_bytes allows, or a packet that is larger by itself. The client has this time to
  /// read; then end_if_behind() is called, which may call this again.
  virtual void on_output_behind(std::chrono::milliseconds time_to_read) = 0;
  /// Much more is queued than this limit allows, or for too long, and the peer does not take it.
  virtual void on_output_overflow(base::limit which) = 0;

  // Any thread.
  /// An exception (no memory) has lost frames, see output::is_broken(). The session is to end soon, without a goodbye.
  virtual void on_output_broken(const std::exception_ptr& thrown) noexcept = 0;
};

/// Any thread, except the functions below "On the strand". The mutex is never held over a system call, nor while the
/// owner is called.
class output {
 public:
  /// Coroutines that wait for frames to leave.
  struct waiters {
    std::vector<std::shared_ptr<async::suspension>> for_room;
    std::vector<std::shared_ptr<async::suspension>> for_empty;

    /// The session has ended.
    void end_all() const;
  };

  /// The members that become_closed() takes away.
  struct parts {
    std::shared_ptr<websocket_transport> transport;
    std::unique_ptr<waiters> waiting;
  };

  output(output_owner& owner, std::shared_ptr<session_host> host, async::strand strand);
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  // Any thread: these never change.
  session_host& host() const noexcept { return *host_; }
  const std::shared_ptr<session_host>& host_ptr() const noexcept { return host_; }
  const async::strand& get_strand() const noexcept { return strand_; }
  async::executor get_executor() const noexcept { return strand_.get_inner_executor(); }

  /// The memory that the session keeps, for all who keep some of it. Any thread.
  base::account& account() noexcept { return account_; }
  const base::account& account() const noexcept { return account_; }
  /// The frames that are in the charge of the session itself (kept::head): those of an idle client are not charged.
  static constexpr std::size_t included_bytes = 4'096;

  // Any thread.
  /// Queues frames that belong together. @param is_volatile  They are dropped unless they can go out at once.
  delivery send(std::span<const shared_frame> frames, bool is_volatile);
  /// Queues a ping in front of everything that nobody writes yet, also while the session closes and sends the rest.
  /// @return false when nothing was queued: the session has ended, or closes and has nothing left to send.
  bool send_first(const shared_frame& ping);
  /// Queues a pong. When the peer takes nothing, one of its kind waits: the answer to the latest ping is enough.
  /// @par Source  RFC 6455, section 5.5.3.
  void send_pong(const shared_frame& pong);
  /// Queues a frame behind what is queued, whatever the limit. @return false when nothing was queued; nor is the frame.
  bool send_last(const shared_frame& close);
  /// Writes the queued frames, unless another thread does.
  void flush() noexcept;
  /// A client above max_queued_bytes has time to read. Meanwhile so many times that much may be queued.
  static constexpr std::size_t most_behind = 4;
  /// A client that takes one of so many parts of max_queued_bytes in the time to read has as much time again.
  static constexpr std::size_t parts_to_take = 256;
  /// Writes all that the peer takes. No lock may be held.
  /// @return whether the session is to end: much more than a limit allows is still queued.
  bool judge() noexcept;

  /// Waits while more than half of the high-water mark is queued; returns at once otherwise, and when the session ends.
  static task<> wait_for_room(std::shared_ptr<output> self);
  /// Waits until nothing is queued. @return false when the session ended first, or has ended.
  static task<bool> wait_until_sent(std::shared_ptr<output> self);

  /// Whether more than the high-water mark is queued.
  bool above_high_water() const noexcept { return crowded_.load(std::memory_order_relaxed); }
  /// Bytes that are queued or being written.
  std::size_t buffered() const;
  /// The memory that they cost: see outbox. The options compare it, and not the number of bytes.
  std::size_t queued_cost() const;
  /// The part of it that is charged to the account.
  std::size_t charged_cost() const;
  /// For tests: the bytes in memory for queued frames, counted one by one, and how many of them are not charged: those
  /// of a packet that was larger than the limit.
  std::pair<std::size_t, std::size_t> measured() const;
  /// Whether frames may still be queued.
  bool is_accepting() const;
  bool on_websocket() const;
  /// The transport that frames are written to. Null on polling, and while no WebSocket is open.
  std::shared_ptr<websocket_transport> websocket() const;
  /// An exception (no memory) has lost frames: the session is to end soon.
  void on_broken(const std::exception_ptr& thrown) noexcept;
  /// Whether that has happened.
  bool is_broken() const;

  enum class progress { idle, moving, stuck };
  /// Whether bytes have left since the last call. Idle: there are none that could.
  progress take_progress() noexcept;

  // On the strand.
  /// The time to read is over: if more than a limit allows is still queued, the session is to end, or has more time if
  /// its client takes it steadily. The same holds for a packet that is larger than the limit by itself. An answer to a
  /// GET gives time for all of its bytes: nobody knows how many have left.
  void end_if_behind();
  /// The session is on WebSocket. @param transport  Null while the client does not listen yet: frames are only queued.
  void use_websocket(std::shared_ptr<websocket_transport> transport);
  /// Nothing is written to this transport any more. Without effect when it is not the one in use.
  void drop_websocket(const websocket_transport& lost);
  /// The transport in use has room again.
  void on_writable(websocket_transport& from);

  /// Takes the queued frames, as the body of the handshake's response.
  polling_transport::payload take_open_payload(const polling_transport& by);
  /// A GET is held from now on. @return whether there is something to answer it with: answer() is to be called.
  bool on_poll_held();
  /// The held GET has been answered, or is gone. answer() calls this itself.
  void on_poll_answered();
  /// Answers the held GET with the queued frames, if there are any. @param by  Must hold a GET.
  void answer(polling_transport& by);

  /// Queues nothing more. @param discard  Drops what nobody writes yet. @return whether nothing is left to be sent.
  bool stop_accepting(bool discard);
  /// The session has ended: nothing is queued, nobody waits any more, and there is no transport.
  parts become_closed() noexcept;
  /// Drops the frames that are still queued. Until then buffered() counts them.
  void clear() noexcept;

 private:
  std::shared_ptr<output> shared() { return {owner_.shared_owner(), this}; }
  bool has_receiver() const noexcept COSIO_REQUIRES(mutex_) { return websocket_ != nullptr || poll_held_; }
  bool must_schedule() noexcept COSIO_REQUIRES(mutex_);
  // A session that closes goes on with heartbeats while it sends what was queued.
  bool takes_heartbeats() const noexcept COSIO_REQUIRES(mutex_) {
    return accepting_ || (!ended_ && outbox_.bytes() != 0);
  }
  void drop_queued() noexcept COSIO_REQUIRES(mutex_);
  void note_crowding() noexcept COSIO_REQUIRES(mutex_) {
    const bool crowded = accepting_ && outbox_.cost() > host_->settings().high_water_mark;
    if (crowded != crowded_.load(std::memory_order_relaxed)) crowded_.store(crowded, std::memory_order_relaxed);
  }
  outbox::verdict push(std::span<const shared_frame> frames) COSIO_REQUIRES(mutex_);
  bool settle(std::size_t bytes, std::size_t frames) noexcept COSIO_REQUIRES(mutex_);
  std::size_t enough_to_take() const noexcept;
  bool takes_steadily(std::size_t times) noexcept COSIO_REQUIRES(mutex_);
  void begin_time_to_read() noexcept COSIO_REQUIRES(mutex_);
  void tell_time_to_read();
  void judge_progress();
  bool must_watch() noexcept COSIO_REQUIRES(mutex_);
  void watch_large() noexcept;
  // The parts of the cost of the queue: that under the limit, which is charged, and that of a packet above it.
  struct costs {
    std::size_t limited;
    std::size_t large;
  };
  costs current_costs() const noexcept COSIO_REQUIRES(mutex_) { return {outbox_.limited_cost(), outbox_.large_cost()}; }
  // The cost has changed. @return whether more is charged to the account now.
  bool tell_account(const costs& before) noexcept COSIO_REQUIRES(mutex_) {
    const costs now = current_costs();
    if (now.large != before.large) charge_large(before.large, now.large);
    return (now.limited > included_bytes || before.limited > included_bytes) && charge(before.limited, now.limited);
  }
  void charge_large(std::size_t before, std::size_t now) noexcept COSIO_REQUIRES(mutex_);
  bool charge(std::size_t cost_before, std::size_t cost) noexcept COSIO_REQUIRES(mutex_);
  bool over_account() const noexcept { return account_.limit() != 0 && account_.bytes() > account_.limit(); }
  delivery refuse_too_large() noexcept;
  void write_more();
  bool end_if_over(std::size_t times);
  void end_for(base::limit which);
  waiters& waits() COSIO_REQUIRES(mutex_);
  void try_flush();
  void write_all(const std::shared_ptr<websocket_transport>& to, frame_batch& batch);
  void resume(const std::shared_ptr<websocket_transport>& to);
  void note_unsent(const websocket_transport& by, std::size_t bytes, std::size_t frames);
  void on_stopped(const std::shared_ptr<websocket_transport>& to, bool lost, std::size_t taken);
  // `taken`: bytes that the peer has taken since the last call of this function or of on_stopped().
  bool settle_and_take(std::size_t bytes, std::size_t frames, std::size_t taken, frame_batch& batch);
  template <class F>
  void tell_owner(F tell);
  void lose(websocket_transport& by);
  void end_waits();
  void add_wait_for_room(std::shared_ptr<async::suspension> waiting);
  void add_wait_for_empty(std::shared_ptr<async::suspension> waiting);
  void count(std::size_t packets, std::size_t bytes) noexcept;

  output_owner& owner_;
  const std::shared_ptr<session_host> host_;
  const async::strand strand_;
  base::account account_;

  mutable base::small_mutex mutex_;
  std::atomic<bool> crowded_{false};  // more than the high-water mark is queued; only note_crowding() writes it

  // Every connection has an output, so its flags take a bit each.
  bool accepting_ : 1 COSIO_GUARDED_BY(mutex_) = true;        // frames may be queued
  bool ended_ : 1 COSIO_GUARDED_BY(mutex_) = false;           // become_closed() was called
  bool scheduled_ : 1 COSIO_GUARDED_BY(mutex_) = false;       // on a list to be flushed
  bool writing_ : 1 COSIO_GUARDED_BY(mutex_) = false;         // somebody writes, or the peer has no room
  bool blocked_ : 1 COSIO_GUARDED_BY(mutex_) = false;         // the peer had no room: who resets this may resume
  bool behind_ : 1 COSIO_GUARDED_BY(mutex_) = false;          // above max_queued_bytes, and the owner has been told
  bool watched_ : 1 COSIO_GUARDED_BY(mutex_) = false;         // for a large packet, and the owner has been told
  bool time_told_ : 1 COSIO_GUARDED_BY(mutex_) = false;       // the owner knows of the time to read that runs now
  bool progressed_ : 1 COSIO_GUARDED_BY(mutex_) = false;      // something has left since take_progress()
  bool poll_held_ : 1 COSIO_GUARDED_BY(mutex_) = false;       // a GET waits for an answer
  bool on_websocket_ : 1 COSIO_GUARDED_BY(mutex_) = false;    // also before websocket_ is there
  bool broken_ : 1 COSIO_GUARDED_BY(mutex_) = false;          // frames are lost: the session ends with its timer
  std::uint8_t blocked_frames_ COSIO_GUARDED_BY(mutex_) = 0;  // of a batch that the peer had no room for

  outbox outbox_ COSIO_GUARDED_BY(mutex_);
  std::shared_ptr<websocket_transport> websocket_ COSIO_GUARDED_BY(mutex_);
  std::unique_ptr<waiters> waiting_ COSIO_GUARDED_BY(mutex_);  // null, as a rule
  std::size_t blocked_bytes_ COSIO_GUARDED_BY(mutex_) = 0;     // of the same batch
  std::size_t taken_ COSIO_GUARDED_BY(mutex_) = 0;             // in this time to read; on polling the last answer
};

}  // namespace cosio::inline v0_2::engine
