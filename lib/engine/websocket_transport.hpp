// One WebSocket connection of a session: it reads frames, and writes batches of frames when it is told to.
//
// An idle connection holds no buffer. It waits until the socket is readable, and reads into a buffer of the thread.
// Nothing points into that buffer when the strand is left. A turn on the strand is limited in bytes and in messages:
// messages that were read and are beyond it are copied, and handled in the next turn.

#pragma once
#include <cosio/reason.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "async/deadlines.hpp"
#include "async/gate.hpp"
#include "async/posted_deadline.hpp"
#include "async/stream.hpp"
#include "engine/frame.hpp"
#include "engine/message_deflate.hpp"
#include "engine/transport.hpp"
#include "wire/websocket_frame.hpp"

namespace cosio::inline v0_2::engine {

struct websocket_settings {
  wire::frame_limits limits;
  wire::revision revision = wire::revision::v4;
  bool base64 = false;                            // the client asked for no binary frames (query b64)
  std::unique_ptr<message_deflate> deflate = {};  // null unless it was agreed on
};

/// On the session's strand, except write() and resume(). A write on another thread and the close of the connection
/// exclude each other by two bits: if the connection is closed while a write is under way, the writer closes it.
class websocket_transport final : public async::stream_listener,
                                  public std::enable_shared_from_this<websocket_transport> {
 public:
  websocket_transport(std::unique_ptr<async::stream> stream, async::strand strand, async::deadlines& timers,
                      websocket_settings settings, async::gate::pass alive);
  ~websocket_transport() override;

  /// Handles `leftover`, the bytes that were read beyond the handshake, and begins to read. Once.
  void start(std::shared_ptr<transport_owner> owner, std::string leftover);

  enum class written { all, blocked, failed };
  /// Writes frames, gathered. Any thread, one call at a time.
  /// @return blocked: the rest is kept; call wait_writable() on the strand, and resume() when the owner is told.
  ///         failed: the connection is lost, see failure().
  written write(std::span<shared_frame> batch);
  written resume();
  void wait_writable() noexcept;
  /// The bytes of the frames that write() or resume() has kept, private copies included. Not beside these two.
  std::size_t unsent_bytes() const noexcept;
  /// The same without the bytes of the first frame that were written.
  std::size_t unwritten_bytes() const noexcept { return unsent_ ? unsent_bytes() - unsent_->offset : 0; }
  /// The bytes that were read and not handed up yet: of messages whose end has not come, and for the next turn, with
  /// those that were read together with them.
  std::size_t unread_bytes() const noexcept { return reader_.buffered() + (later_ ? later_->bytes.size() : 0); }
  /// The error of a write that failed, for the log.
  std::string failure() const { return unsent_ ? unsent_->failure : std::string(); }

  /// Stops or continues reading. The end of the connection is noticed meanwhile. Called while a message is handed up,
  /// it stops behind this message: what was read with it waits. Called before start(), the transport begins paused.
  void pause_reading(bool pause) noexcept;

  /// Writes a few bytes (the answer to a probe, a pong) past the outbox. Only while no write() is under way.
  void write_now(const shared_frame& small);

  /// Sends a close frame (code 0: an empty one) and drops the owner. The connection ends when the peer answers, or
  /// after the time. Once: later calls have no effect.
  void close(std::uint16_t code, async::duration time);
  /// Ends the connection at once, without a close frame.
  void abort() noexcept;

  wire::frame_limits limits() const noexcept { return reader_.limits(); }
  const async::strand& strand() const noexcept { return strand_; }
  void on_readable(boost::system::error_code ec) override;
  void on_writable(boost::system::error_code ec) override;
  void on_end(boost::system::error_code ec) override;
  const async::strand* told_on() const noexcept override { return &strand_; }

 private:
  // The time limit for the peer's answer to a close frame.
  using close_limit = async::posted_deadline<websocket_transport, &websocket_transport::abort>;

  // A write that the peer had no room for, or that failed.
  struct unfinished {
    std::vector<shared_frame> frames;  // the rest of the batch
    std::size_t offset = 0;            // bytes of the first of them that were written
    std::string failure;
  };

  // Input that was read, for the next turn.
  struct postponed {
    std::string bytes;
    std::size_t from = 0;  // those before were handled
  };

  // From close() until the connection has ended.
  struct goodbye {
    std::shared_ptr<close_limit> limit;  // while the peer's close frame is awaited
    std::uint16_t code;
  };

  void wait_readable() noexcept;
  void read_later() noexcept;
  void read();
  bool take_later();
  void wait_end() noexcept;
  template <class F>
  void or_end(F wait) noexcept;
  void lose(std::string_view detail) noexcept;
  bool take(std::span<char> input);
  bool consume(std::span<char>& input);
  void abort_after_failure() noexcept;
  bool hand_up(wire::frame_item item);
  void close_because(reason::kind why, std::string detail, std::uint16_t close_code);
  void close_stream();
  written write_frames(std::span<shared_frame> frames, std::size_t offset);
  bool begin_write() noexcept { return (busy_.fetch_or(writing_bit) & closing_bit) == 0; }
  void end_write() noexcept;

  std::unique_ptr<async::stream> stream_;
  const async::strand strand_;
  async::deadlines& timers_;
  const std::unique_ptr<message_deflate> deflate_;
  wire::frame_reader reader_;
  std::shared_ptr<transport_owner> owner_;
  std::unique_ptr<unfinished> unsent_;
  std::unique_ptr<postponed> later_;
  std::unique_ptr<goodbye> goodbye_;
  async::gate::pass alive_;
  std::uint16_t turn_left_ = 0;  // messages that this turn may handle; KiB that a message is inflated to count, too
  static constexpr unsigned char writing_bit = 1;
  static constexpr unsigned char closing_bit = 2;
  std::atomic<unsigned char> busy_{0};
  const wire::revision revision_;
  const bool base64_;
  bool in_turn_ = false;  // input is handled just now; the wait for more begins behind it
  // Every connection has a transport, so its flags take a bit each.
  bool waiting_ : 1 = false;     // until the socket is readable, or for the next turn
  bool wants_room_ : 1 = false;  // waits until the socket is writable
  bool paused_ : 1 = false;      // by pause_reading()
  bool missed_ : 1 = false;      // input came while reading paused
  bool closing_ : 1 = false;     // a close frame was sent, or will be
  bool aborted_ : 1 = false;     // the connection ends as soon as nobody writes
  bool closed_ : 1 = false;      // the connection has ended
};

}  // namespace cosio::inline v0_2::engine
