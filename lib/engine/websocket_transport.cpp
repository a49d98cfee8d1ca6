// One WebSocket connection of a session.

#include "engine/websocket_transport.hpp"

#include <boost/asio/error.hpp>
#include <cosio/error.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/flag_scope.hpp"
#include "base/logger.hpp"
#include "engine/turn.hpp"

namespace cosio::inline v0_2::engine {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t read_buffer_bytes = 131'072;
constexpr int reads_per_wakeup = 4;  // then other connections come first
constexpr std::size_t frames_per_send = 64;

std::span<char> thread_buffer() {
  thread_local const auto buffer = std::make_unique<std::array<char, read_buffer_bytes>>();
  return *buffer;
}

// A binary message for a client that asked for text only.
shared_frame as_text(wire::revision rev, const frame& binary) {
  std::string text(wire::max_frame_head, '\0');
  wire::append_text_packet(text, rev, binary.packet());
  std::array<char, wire::max_frame_head> head{};
  const std::size_t n = wire::write_frame_head(head.data(), wire::opcode::text, text.size() - wire::max_frame_head);
  text.replace(0, wire::max_frame_head, head.data(), n);
  return frame::raw(std::move(text));
}

}  // namespace

websocket_transport::websocket_transport(std::unique_ptr<async::stream> stream, async::strand strand,
                                         async::deadlines& timers, websocket_settings settings, async::gate::pass alive)
    : stream_(std::move(stream)),
      strand_(std::move(strand)),
      timers_(timers),
      deflate_(std::move(settings.deflate)),
      reader_(settings.limits),
      alive_(std::move(alive)),
      revision_(settings.revision),
      base64_(settings.base64) {}

websocket_transport::~websocket_transport() { stream_->close(); }

void websocket_transport::start(std::shared_ptr<transport_owner> owner, std::string leftover) {
  const auto keep = shared_from_this();
  owner_ = owner;
  turn_left_ = paused_ ? 0 : per_turn;
  if (!leftover.empty()) {
    const base::flag_scope turn(in_turn_);
    take(leftover);
    or_end([&] { owner->on_input_end(*this); });
  }
  wait_readable();
}

// Begins to wait. Without memory to wait with, nothing would be heard of the connection any more: so it ends.
template <class F>
void websocket_transport::or_end(F wait) noexcept {
  try {
    wait();
  } catch (...) {
    abort_after_failure();
  }
}

void websocket_transport::wait_readable() noexcept {
  if (aborted_ || waiting_ || in_turn_) return;
  if (paused_ && owner_) return wait_end();
  if (later_) return read_later();
  waiting_ = true;
  or_end([this] { stream_->wait_readable(strand_, shared_from_this()); });
}

void websocket_transport::read_later() noexcept {
  waiting_ = true;
  or_end([this] { async::post(strand_, "engine", [self = shared_from_this()] { self->on_readable({}); }); });
}

void websocket_transport::wait_end() noexcept {
  if (aborted_) return;
  or_end([this] { stream_->wait_end(strand_, shared_from_this()); });
}

void websocket_transport::pause_reading(bool pause) noexcept {
  paused_ = pause;
  if (!owner_) return;  // it is not started yet, or it closes and reads all the same
  if (pause) turn_left_ = std::min<std::uint16_t>(turn_left_, 1);  // the message that is handed up just now
  if (pause || !missed_) return wait_readable();
  missed_ = false;
  read_later();  // the stream told of this input before, and need not tell again
}

// Bytes before the end are not read any more: they would have waited behind the events that wait.
void websocket_transport::on_end(error_code ec) {
  if (ec || aborted_ || !paused_ || !owner_) return;
  const auto keep = shared_from_this();
  lose("the peer ended the connection");
}

// The connection has ended: the owner is told.
void websocket_transport::lose(std::string_view detail) noexcept {
  try {
    close_because(reason::kind::transport_close, std::string(detail), 0);
  } catch (...) {
    abort_after_failure();
  }
  abort();
}

void websocket_transport::on_readable(error_code ec) {
  waiting_ = false;
  if (ec || aborted_) return;
  if (paused_ && owner_) {
    missed_ = true;
    return wait_end();
  }
  const auto keep = shared_from_this();
  {
    const base::flag_scope turn(in_turn_);
    try {
      read();
    } catch (...) {
      abort_after_failure();
    }
  }
  wait_readable();
}

// One turn.
void websocket_transport::read() {
  const auto owner = owner_;  // stays until the end of this function, even if owner_ is dropped meanwhile
  turn_left_ = per_turn;
  error_code ec;
  bool input = later_ != nullptr;
  bool goes_on = !later_ || take_later();
  for (int reads = 0; goes_on && !later_ && reads < reads_per_wakeup; ++reads) {
    const std::span<char> buffer = thread_buffer();
    const std::size_t n = stream_->read_some(buffer, ec);
    if (ec) break;
    input = true;
    goes_on = take(buffer.first(n)) && n == buffer.size() && !paused_;
  }
  if (ec && ec != asio::error::would_block)
    lose(ec == asio::error::eof ? std::string_view("the peer ended the connection") : std::string_view(ec.message()));
  if (input && owner) owner->on_input_end(*this);
}

// Handles what the last turn has left. What is beyond this turn stays where it is: a turn may be one message, when
// reading pauses behind each, and a copy for each of them would cost far more than the message.
// @return false when the owner is gone.
bool websocket_transport::take_later() {
  auto last = std::exchange(later_, nullptr);
  std::span<char> input = std::span(last->bytes).subspan(last->from);
  try {
    const bool alive = consume(input);
    if (!alive || input.empty()) return alive;
  } catch (...) {
    abort_after_failure();
    return false;
  }
  last->from = last->bytes.size() - input.size();
  later_ = std::move(last);
  return true;
}

// Handles input, and keeps what is beyond this turn. @return false when the owner is gone.
bool websocket_transport::take(std::span<char> input) {
  try {
    const bool alive = consume(input);
    if (alive && !input.empty()) later_.reset(new postponed{std::string(input.data(), input.size())});
    return alive;
  } catch (...) {
    abort_after_failure();
    return false;
  }
}

// An exception that escapes from the handling of input (no memory) ends this connection only.
void websocket_transport::abort_after_failure() noexcept {
  base::log_thrown("engine", {"input of a WebSocket could not be handled"});
  if (const auto owner = std::exchange(owner_, nullptr))
    base::guarded("engine", [&] {
      owner->on_lost(*this, reason(reason::kind::transport_error, "its input could not be handled"));
    });
  abort();
}

// @return false when the owner is gone. `input` is what is beyond this turn.
bool websocket_transport::consume(std::span<char>& input) {
  for (;;) {
    if (turn_left_ == 0 && !input.empty()) return true;
    auto item = reader_.next(input);
    if (item.has_error()) {
      // A close frame was sent. The rest of the refused message is read and dropped: ending the connection now would
      // reset it, and the peer might never see the reason.
      input = {};
      if (closing_) return true;
      const errc code = item.error().code;
      if (code == errc::message_too_large && owner_) owner_->on_too_long();
      close_because(reason::kind::transport_error, make_error_code(code).message(), wire::close_code_for(code));
      return false;
    }
    switch (item->what) {
      case wire::frame_item::kind::need_more:
        return true;
      case wire::frame_item::kind::close:
        close_because(reason::kind::transport_close, "the peer sent a close frame",
                      item->close_code == 1005 ? std::uint16_t{0} : item->close_code);
        return false;
      case wire::frame_item::kind::pong:
        break;
      default:
        if (owner_ && !hand_up(*item)) return false;
    }
    if (aborted_) return false;
    --turn_left_;
  }
}

// @return false when the message could not be inflated.
bool websocket_transport::hand_up(wire::frame_item item) {
  if (!item.compressed) {
    owner_->on_item(*this, item);
    return true;
  }
  auto inflated = deflate_->incoming(item.data, limits().max_message_bytes);
  std::optional<errc> wrong;
  if (inflated.has_error()) wrong = inflated.error().code;
  if (!wrong && item.what == wire::frame_item::kind::text && !wire::is_utf8(*inflated)) wrong = errc::bad_utf8;
  if (wrong) {
    if (*wrong == errc::message_too_large) owner_->on_too_long();
    close_because(reason::kind::transport_error, make_error_code(*wrong).message(), wire::close_code_for(*wrong));
    return false;
  }
  turn_left_ -= static_cast<std::uint16_t>(std::min<std::size_t>(turn_left_ - 1U, inflated->size() / 1'024));
  item.data = *inflated;
  item.whole = &*inflated;  // and not the compressed bytes
  item.compressed = false;
  owner_->on_item(*this, item);
  return true;
}

// Tells the owner, then closes. Without an owner this transport is closing already, and the peer has answered.
void websocket_transport::close_because(reason::kind why, std::string detail, std::uint16_t close_code) {
  const auto owner = std::exchange(owner_, nullptr);
  if (owner) {
    owner->on_lost(*this, reason(why, std::move(detail)));
    close(close_code, owner->time_to_answer_close());
  } else {
    abort();
  }
}

websocket_transport::written websocket_transport::write(std::span<shared_frame> batch) {
  if (base64_) {
    for (shared_frame& f : batch)
      if (f->what() == frame::kind::binary) f = as_text(revision_, *f);
  }
  if (deflate_)
    for (shared_frame& f : batch) f = deflate_->outgoing(std::move(f));
  if (!begin_write()) return end_write(), written::failed;
  const written result = write_frames(batch, 0);
  end_write();
  return result;
}

websocket_transport::written websocket_transport::resume() {
  if (!begin_write()) return end_write(), written::failed;
  const auto rest = std::exchange(unsent_, nullptr);
  const written result = rest ? write_frames(rest->frames, rest->offset) : written::all;
  end_write();
  return result;
}

// Writes all it can; the rest goes to unsent_. @param offset  Bytes of the first frame that were written before.
websocket_transport::written websocket_transport::write_frames(std::span<shared_frame> frames, std::size_t offset) {
  std::array<iovec, frames_per_send * 2> pieces;
  while (!frames.empty()) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < frames.size() && count + 2 <= pieces.size(); ++i)
      count += frames[i]->pieces(&pieces[count]);
    std::span<iovec> todo(pieces.data(), count);
    std::size_t skip = offset;
    while (skip >= todo.front().iov_len && todo.size() > 1) {
      skip -= todo.front().iov_len;
      todo = todo.subspan(1);
    }
    todo.front().iov_base = static_cast<char*>(todo.front().iov_base) + skip;
    todo.front().iov_len -= skip;

    error_code ec;
    offset += stream_->write_some(todo, ec);
    while (!frames.empty() && offset >= frames.front()->size()) {
      offset -= frames.front()->size();
      frames = frames.subspan(1);
    }
    if (ec) {
      unsent_ = std::make_unique<unfinished>();
      unsent_->frames.assign(std::make_move_iterator(frames.begin()), std::make_move_iterator(frames.end()));
      unsent_->offset = offset;
      if (ec == asio::error::would_block) return written::blocked;
      unsent_->failure = ec.message();
      return written::failed;
    }
  }
  return written::all;
}

// The connection was to be closed meanwhile. Without memory for that, its bytes end here: then the peer closes it, and
// the strand is told.
void websocket_transport::end_write() noexcept {
  if ((busy_.fetch_and(closing_bit) & closing_bit) == 0) return;
  try {
    async::post(strand_, "engine", [self = shared_from_this()] { self->close_stream(); });
  } catch (...) {
    base::log_thrown("engine", {"a WebSocket could not be closed"});
    stream_->shutdown_send();
  }
}

std::size_t websocket_transport::unsent_bytes() const noexcept {
  std::size_t sum = 0;
  if (unsent_)
    for (const shared_frame& f : unsent_->frames) sum += f->size();
  return sum;
}

void websocket_transport::wait_writable() noexcept {
  if (aborted_ || wants_room_) return;
  wants_room_ = true;
  or_end([this] { stream_->wait_writable(strand_, shared_from_this()); });
}

void websocket_transport::on_writable(error_code ec) {
  wants_room_ = false;
  const auto owner = owner_;
  if (!ec && owner) or_end([&] { owner->on_writable(*this); });
}

void websocket_transport::write_now(const shared_frame& small) {
  std::array<iovec, 2> pieces;
  const std::size_t count = small->pieces(pieces.data());
  error_code ec;
  const std::size_t n = stream_->write_some(std::span(pieces).first(count), ec);
  // A socket without room for a few bytes right after the handshake is not worth waiting for.
  if (n != small->size()) close_because(reason::kind::transport_error, "the connection takes no bytes", 0);
}

void websocket_transport::close(std::uint16_t code, async::duration time) {
  if (closing_ || aborted_) return;
  // May fail: before anything says that it is closing.
  goodbye_.reset(new goodbye{close_limit::make(weak_from_this()), code});
  owner_ = nullptr;
  closing_ = true;
  timers_.arm_after(*goodbye_->limit, time);
  if ((busy_.fetch_or(closing_bit) & writing_bit) == 0) close_stream();
}

void websocket_transport::abort() noexcept {
  if (aborted_) return;
  aborted_ = true;
  owner_ = nullptr;
  if ((busy_.fetch_or(closing_bit) & writing_bit) == 0) close_stream();
}

// Called when nobody writes. Sends the close frame, or ends the connection at once.
void websocket_transport::close_stream() {
  if (closed_) return;
  if (aborted_) {
    closed_ = true;
    goodbye_ = nullptr;
    stream_->close();
    alive_ = {};
    return;
  }
  const std::string bytes = wire::close_frame(goodbye_->code);
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  error_code ec;
  if (!unsent_) stream_->write_some({&piece, 1}, ec);  // behind half a frame it could not be read
  stream_->shutdown_send();
  wait_readable();  // until the peer's close frame or end
}

}  // namespace cosio::inline v0_2::engine
