// Reading without a buffer for each connection, gathered writing, and the one deadline of a connection.

#include "http/buffered_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "base/logger.hpp"
#include "base/release.hpp"
#include "http/file_body.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Bytes. A connection that has written as many lets others have their turn: a file may be large, and its reader fast.
constexpr std::size_t max_written_per_turn = 1024 * 1024;

// One buffer for all connections of a thread. Incomplete input is copied out of it before anything can suspend.
std::span<char> read_buffer() noexcept {
  static thread_local std::array<char, 65'536> buffer;
  return buffer;
}

// The first bytes of the pieces, `most` of them.
std::span<const iovec> first_of(std::span<iovec> pieces, std::size_t most) noexcept {
  std::size_t used = 0;
  for (; used < pieces.size() && most > 0; ++used) {
    pieces[used].iov_len = std::min(pieces[used].iov_len, most);
    most -= pieces[used].iov_len;
  }
  return pieces.first(used);
}

}  // namespace

// Every pending operation and every answer under way owns this object. It owns the sleeping coroutine. On the strand.
class buffered_stream::pending_waits final : public async::stream_listener {
 public:
  pending_waits(std::weak_ptr<buffered_stream> to, async::strand on) noexcept
      : to_(std::move(to)), strand_(std::move(on)) {}

  void on_readable(error_code ec) override {
    if (const auto alive = to_.lock()) alive->on_readable(ec);
  }
  void on_writable(error_code ec) override {
    if (const auto alive = to_.lock()) alive->on_writable(ec);
  }
  const async::strand* told_on() const noexcept override { return &strand_; }

  std::shared_ptr<async::suspension> sleeper;

 private:
  std::weak_ptr<buffered_stream> to_;
  const async::strand strand_;
};

buffered_stream::buffered_stream(std::unique_ptr<async::stream> stream, const async::strand& on,
                                 std::shared_ptr<async::deadlines> timers)
    : timers_(std::move(timers)), strand_(on), stream_(std::move(stream)) {}

buffered_stream::~buffered_stream() = default;

task<buffered_stream::arrival> buffered_stream::more_bytes() {
  if (must_listen()) co_await sleep();
  co_return arrived();
}

bool buffered_stream::must_listen() {
  if (can_read_ || timed_out_) return false;
  listen();
  return true;
}

buffered_stream::arrival buffered_stream::arrived() {
  if (!is_open()) return arrival::change;
  if (can_read_) return read_now();
  return std::exchange(timed_out_, false) ? arrival::timed_out : arrival::change;
}

buffered_stream::arrival buffered_stream::read_now() {
  can_read_ = false;
  error_code ec;
  const std::span<char> buffer = read_buffer();
  const std::size_t bytes = stream_->read_some(buffer, ec);
  if (bytes > 0) {
    unread_.append(buffer.data(), bytes);
    return arrival::bytes;
  }
  if (ec == asio::error::eof) {
    peer_done_ = true;
    on_peer_gone();
  } else if (ec && ec != asio::error::would_block) {
    abort();
  }
  return arrival::change;
}

void buffered_stream::listen() {
  if (std::exchange(waiting_to_read_, true)) return;
  stream_->wait_readable(strand_, keep_awake());
}

void buffered_stream::keep_sleeper(std::shared_ptr<async::suspension> me) {
  if (const auto awake = pending_waits_.lock()) {
    awake->sleeper = std::move(me);
  } else {
    me->end();
  }
}

// There is no memory to suspend the coroutine with. The coroutine is destroyed, and its connection is aborted.
void buffered_stream::abort_without_memory() {
  base::log(log_level::error, "http", "a connection ends, for there is no memory to wait with");
  abort();
}

std::shared_ptr<async::suspension> buffered_stream::take_sleeper() noexcept {
  const auto awake = pending_waits_.lock();
  return awake ? std::exchange(awake->sleeper, nullptr) : nullptr;
}

void buffered_stream::wake() {
  if (const auto sleeper = take_sleeper()) sleeper->end();
}

void buffered_stream::poke() noexcept {
  poked_ = true;
  base::guarded("http", [this] { timers_->arm(alarm_, timers_->now()); });
}

std::shared_ptr<buffered_stream::pending_waits> buffered_stream::keep_awake() {
  auto awake = pending_waits_.lock();
  if (!awake) {
    awake = std::make_shared<pending_waits>(weak_from_this(), strand_);
    pending_waits_ = awake;
  }
  return awake;
}

void buffered_stream::consume(std::size_t bytes) {
  taken_ += bytes;
  if (taken_ < unread_.size()) {
    if (taken_ > unread_.size() / 2) unread_.erase(0, std::exchange(taken_, 0));
    return;
  }
  base::release(unread_);  // an idle connection keeps no buffer
  taken_ = 0;
}

void buffered_stream::flush() {
  if (!is_open()) return;
  if (!waiting_to_write_) return write_now();
  if (write_by_ != async::time_point::max() || out_.empty()) return;
  write_by_ = timers_->after(write_timeout_);  // all had left, and the system has not told yet
  set_alarm();
}

void buffered_stream::write_now() {
  std::size_t written = 0;
  while (!out_.empty()) {
    if (written >= max_written_per_turn) return write_on_later();
    error_code ec;
    const auto bytes = write_some(max_written_per_turn - written, ec);
    if (!bytes) return abort();
    out_.written(*bytes);
    written += *bytes;
    if (*bytes > 0) write_by_ = async::time_point::max();
    if (ec == asio::error::would_block) {
      if (write_by_ == async::time_point::max()) write_by_ = timers_->after(write_timeout_);
      set_alarm();
      waiting_to_write_ = true;
      stream_->wait_writable(strand_, keep_awake());
      return;
    }
    if (ec) return abort();
  }
  write_by_ = async::time_point::max();
}

// @return the bytes written; nothing when a file has not the bytes that were promised: that is logged.
std::optional<std::size_t> buffered_stream::write_some(std::size_t most, error_code& ec) noexcept {
  const auto ends_early = [] {
    base::log(log_level::warn, "http", "an answer ends early: its file became shorter or cannot be read");
    return std::nullopt;
  };
  const outgoing::file_place next = out_.long_file();
  if (next.file != nullptr && sends_files_) {
    const std::size_t bytes = next.file->send(*stream_, next.at, most, ec);
    if (ec == asio::error::eof) return ends_early();
    if (ec != asio::error::operation_not_supported) return bytes;
    sends_files_ = false;
    ec = {};
  }
  std::array<iovec, 16> room;
  const auto pieces = out_.gather(room);
  if (pieces.empty()) return ends_early();
  return stream_->write_some(first_of(pieces, most), ec);
}

void buffered_stream::write_on_later() {
  waiting_to_write_ = true;
  async::post(strand_, "http", [waits = keep_awake()] { waits->on_writable({}); });
}

void buffered_stream::on_readable(error_code ec) {
  waiting_to_read_ = false;
  can_read_ = !ec;
  // The coroutine continues inside of end_now() and may destroy this object: no statement may follow.
  if (const auto sleeper = take_sleeper()) sleeper->end_now();
}

void buffered_stream::on_writable(error_code ec) {
  waiting_to_write_ = false;
  if (!ec && is_open()) or_abort([this] { write_now(); });
  wake();
}

void buffered_stream::read_by(async::time_point when) {
  read_by_ = when;
  timed_out_ = false;
  set_alarm();
}

void buffered_stream::set_alarm() {
  const auto next = std::min(read_by_, write_by_);
  if (next >= alarm_at_) return;
  alarm_at_ = next;
  timers_->arm(alarm_, next);
}

void buffered_stream::on_time() {
  if (is_open()) or_abort([this] { look_at_time(); });
}

// A kernel tells late that it has room again. A peer that reads slowly may have taken bytes all the time.
bool buffered_stream::writes_more() noexcept {
  error_code ec;
  const auto bytes = out_.empty() ? std::nullopt : write_some(max_written_per_turn, ec);
  if (!bytes || *bytes == 0) return false;
  out_.written(*bytes);
  write_by_ = out_.empty() ? async::time_point::max() : timers_->after(write_timeout_);
  if (out_.empty()) wake();
  return true;
}

void buffered_stream::look_at_time() {
  const auto now = timers_->now();
  alarm_at_ = async::time_point::max();
  if (poked_.exchange(false)) on_poked();
  if (write_by_ <= now && !writes_more()) return abort();
  if (read_by_ <= now) {
    read_by_ = async::time_point::max();
    timed_out_ = true;
    wake();
  }
  set_alarm();
}

// Without memory the connection would hang: it ends.
template <class F>
void buffered_stream::or_abort(F work) noexcept {
  try {
    work();
  } catch (...) {
    base::log_thrown("http", {"a connection ends"});
    abort();
  }
}

void buffered_stream::abort() {
  if (!is_open()) return;
  close_stream();
  on_peer_gone();
  wake();
}

void buffered_stream::close_stream() noexcept {
  ended_ = true;
  out_.clear();
  base::release(unread_);
  taken_ = 0;
  timers_->disarm(alarm_);
  if (stream_) stream_->close();
}

std::unique_ptr<async::stream> buffered_stream::take_stream() noexcept {
  timers_->disarm(alarm_);
  return std::move(stream_);
}

}  // namespace cosio::inline v0_2::http
