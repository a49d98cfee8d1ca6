// The buffered bytes of one connection: input that was not parsed yet, output that was not written yet, and the
// deadlines of both.
//
// Flow. The coroutine of connection.cpp calls more_bytes() and sleeps in it. The stream calls on_readable(): the
// coroutine continues, reads from the stream and finds the bytes in unread(). It parses them and calls consume(). An
// answer goes to out(), and flush() writes it. What the peer does not take is written by on_writable(). When a deadline
// passes, on_time() wakes the coroutine or aborts the connection.
//
// One coroutine owns the buffered_stream. While the coroutine sleeps, the pending operations own the coroutine, and
// nobody else does. So nothing leaks when an io_context is destroyed with its pending operations.

#pragma once
#include <boost/system/error_code.hpp>

#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/deadlines.hpp"
#include "async/posted_deadline.hpp"
#include "async/strand.hpp"
#include "async/stream.hpp"
#include "async/suspension.hpp"
#include "http/outgoing.hpp"

namespace cosio::inline v0_2::http {

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
    change,     // something else has happened
  };

  /// Owns the sleeping coroutine. Code that may still call wake() must hold one.
  class pending_waits;

  buffered_stream(std::unique_ptr<async::stream> stream, const async::strand& on,
                  std::shared_ptr<async::deadlines> timers);

  /// Names the owner of the deadline. Once, before anything else, as soon as a shared_ptr owns this object.
  void own_deadline() noexcept { alarm_.owned_by(weak_from_this()); }

  /// Sleeps at most once, until there are bytes, the read deadline passes, or something changes. Must not be called
  /// after peer_done().
  task<arrival> more_bytes();
  /// The steps of more_bytes(), for a caller that is a coroutine already: sleep() if must_listen(), then arrived().
  bool must_listen();
  arrival arrived();
  /// Sleeps until something changes. Returns at once when no operation is pending that could change anything.
  auto sleep() { return async::suspend(sleep_slot(*this)); }
  /// Wakes the sleeping coroutine; it continues in a later turn of the io_context.
  void wake();
  /// Lets on_poked() run soon, on the strand. Any thread; allocates nothing.
  void poke() noexcept;
  std::shared_ptr<pending_waits> keep_awake();

  /// Takes bytes that were read before this object had the stream.
  void unread(std::string bytes) noexcept { unread_ = std::move(bytes); }
  std::string_view unread() const noexcept { return std::string_view(unread_).substr(taken_); }
  void consume(std::size_t bytes);
  void discard() { consume(unread().size()); }

  /// Writes the content of out(). The part that the peer does not take now is written later, without further calls.
  void flush();
  outgoing& out() noexcept { return out_; }

  void read_by(async::time_point when);
  void read_within(std::chrono::milliseconds time) { read_by(time_after(time)); }
  async::time_point time_after(std::chrono::milliseconds time) const { return timers_->after(time); }
  void no_read_deadline() { read_by(async::time_point::max()); }
  /// Sets how long the peer may take no bytes before the connection is aborted.
  void write_timeout(std::chrono::milliseconds time) noexcept { write_timeout_ = time; }

  /// Aborts the connection: unwritten bytes are dropped, on_peer_gone() is called, and the coroutine wakes.
  void abort();
  /// Closes the stream and drops both buffers. Tells nobody.
  void close_stream() noexcept;
  void shutdown_send() noexcept { stream_->shutdown_send(); }
  /// Hands the stream over to the caller. Afterwards is_open() is false.
  std::unique_ptr<async::stream> take_stream() noexcept;

  bool is_open() const noexcept { return stream_ != nullptr && !ended_; }
  /// Whether the peer has ended its direction.
  bool peer_done() const noexcept { return peer_done_; }
  const async::stream& stream() const noexcept { return *stream_; }

  /// Called when the peer has ended its direction, and when the connection is aborted: nobody waits for answers then.
  virtual void on_peer_gone() = 0;
  virtual void on_poked() {}

 private:
  // Must not own pending_waits: this object lives in the coroutine that pending_waits owns. On the strand.
  class sleep_slot {
   public:
    explicit sleep_slot(buffered_stream& in) noexcept : in_(in) {}
    void operator()(std::shared_ptr<async::suspension> me) const { in_.keep_sleeper(std::move(me)); }
    void without_memory() const { in_.abort_without_memory(); }

   private:
    buffered_stream& in_;
  };

  void keep_sleeper(std::shared_ptr<async::suspension> me);
  std::shared_ptr<async::suspension> take_sleeper() noexcept;
  void abort_without_memory();
  arrival read_now();
  void listen();
  void write_now();
  std::optional<std::size_t> write_some(std::size_t most, boost::system::error_code& ec) noexcept;
  void write_on_later();
  void on_readable(boost::system::error_code ec);
  void on_writable(boost::system::error_code ec);
  void on_time();
  bool writes_more() noexcept;
  void look_at_time();
  template <class F>
  void or_abort(F work) noexcept;
  void set_alarm();
  using alarm = async::posted_deadline<buffered_stream, &buffered_stream::on_time>;

  // Keeps the runtime alive, and so the io_context of the members below.
  std::shared_ptr<async::deadlines> timers_;
  const async::strand strand_;
  std::unique_ptr<async::stream> stream_;
  std::string unread_;
  std::size_t taken_ = 0;  // bytes of unread_ that were consumed
  outgoing out_;
  std::weak_ptr<pending_waits> pending_waits_;
  std::chrono::milliseconds write_timeout_{30'000};
  async::time_point read_by_ = async::time_point::max();
  async::time_point write_by_ = async::time_point::max();
  async::time_point alarm_at_ = async::time_point::max();  // is only moved to an earlier time
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool can_read_ = false;
  bool timed_out_ = false;
  bool peer_done_ = false;
  bool ended_ = false;
  bool sends_files_ = true;  // until the stream, or the file, turns out not to support it
  std::atomic<bool> poked_{false};
  alarm alarm_;
};

}  // namespace cosio::inline v0_2::http
