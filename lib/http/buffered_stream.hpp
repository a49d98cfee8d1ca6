// The bytes of one connection: what was read and is not understood yet, what is to be written, and by when.
//
// One coroutine owns the buffered_stream and sleeps in it until something changes: bytes, room, a deadline, an answer. While it
// sleeps, only pending operations own that coroutine, and it owns the buffered_stream: when an io_context is destroyed, nothing
// is left behind.

#pragma once
#include <boost/system/error_code.hpp>

#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "async/stream.hpp"
#include "async/suspension.hpp"
#include "http/outgoing.hpp"

namespace cosio::http {

/// @par Threads  On its strand.
class buffered_stream : public std::enable_shared_from_this<buffered_stream> {
 public:
  virtual ~buffered_stream();
  buffered_stream(const buffered_stream&) = delete;
  buffered_stream& operator=(const buffered_stream&) = delete;

  const async::strand& strand() const noexcept { return strand_; }

 protected:
  enum class arrival {
    bytes,      // unread() grew
    timed_out,  // the read deadline has passed
    change,     // something else happened: look again
  };

  /// What keeps the sleeping coroutine alive, besides the buffered_stream's own waits: for those who will wake() it.
  class pending_waits;

  buffered_stream(std::unique_ptr<async::stream> stream, const async::strand& on,
                  std::shared_ptr<async::deadlines> timers);

  /// Sleeps at most once, until bytes, the read deadline or a change. Not after peer_done().
  task<arrival> more_bytes();
  /// more_bytes() in steps, for who has a coroutine anyway: sleep() if must_listen(), then arrived().
  bool must_listen();
  arrival arrived();
  /// Sleeps until a change. Returns at once when nothing is pending that could bring one.
  auto sleep() { return async::suspend(sleep_slot(*this)); }
  /// Lets the sleeping coroutine look again: posted.
  void wake();
  /// on_poked() on the strand, soon. Any thread; takes no memory of its own.
  void poke() noexcept;
  std::shared_ptr<pending_waits> keep_awake();

  /// What was read before this buffered_stream had the stream.
  void unread(std::string bytes) noexcept { unread_ = std::move(bytes); }
  std::string_view unread() const noexcept { return std::string_view(unread_).substr(taken_); }
  void consume(std::size_t bytes);
  void discard() { consume(unread().size()); }

  /// Writes what is in out(); what the peer does not take now follows when there is room, without further calls.
  void flush();
  outgoing& out() noexcept { return out_; }

  void read_by(async::time_point when);
  void read_within(std::chrono::milliseconds time) { read_by(timers_->now() + time); }
  void no_read_deadline() { read_by(async::time_point::max()); }
  /// How long the peer may refuse to take bytes before the connection is aborted.
  void write_timeout(std::chrono::milliseconds time) noexcept { write_timeout_ = time; }

  /// Ends the connection at once; what was to be written is dropped.
  void abort();
  void close() noexcept;
  void shutdown_send() noexcept { stream_->shutdown_send(); }
  /// Gives the stream away; is_open() is false from then on.
  std::unique_ptr<async::stream> release() noexcept;

  bool is_open() const noexcept { return stream_ != nullptr && !ended_; }
  /// The peer has ended its direction.
  bool peer_done() const noexcept { return peer_done_; }
  const async::stream& stream() const noexcept { return *stream_; }

  /// The peer has ended its direction, or the connection was aborted: nobody waits for answers any more.
  virtual void on_peer_gone() = 0;
  virtual void on_poked() {}

 private:
  class alarm;

  // It must not own the pending_waits: it lives in the coroutine that they own.
  class sleep_slot {
   public:
    explicit sleep_slot(buffered_stream& in) noexcept : in_(in) {}
    void operator()(std::shared_ptr<async::suspension> me) const { in_.keep_sleeper(std::move(me)); }
    void without_memory() const { in_.end_sleepless(); }

   private:
    buffered_stream& in_;
  };

  void keep_sleeper(std::shared_ptr<async::suspension> me);
  void end_sleepless();
  arrival read_now();
  void listen();
  void write_now();
  void on_readable(boost::system::error_code ec);
  void on_writable(boost::system::error_code ec);
  void on_time();
  void set_alarm();

  std::shared_ptr<async::deadlines> timers_;  // keeps the runtime, and with it the io_context of what follows
  const async::strand strand_;
  std::unique_ptr<async::stream> stream_;
  std::string unread_;
  std::size_t taken_ = 0;  // bytes of unread_ that were consumed
  outgoing out_;
  std::weak_ptr<pending_waits> pending_waits_;
  std::chrono::milliseconds write_timeout_{30'000};
  async::time_point read_by_ = async::time_point::max();
  async::time_point write_by_ = async::time_point::max();
  async::time_point alarm_at_ = async::time_point::max();  // moved only when it must come sooner
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool can_read_ = false;
  bool timed_out_ = false;
  bool peer_done_ = false;
  bool ended_ = false;
  std::atomic<bool> poked_{false};
  std::unique_ptr<alarm> alarm_;
};

}  // namespace cosio::http
