// A stream of the application's: one read and one write under way at most, and an end in steps.

#include "async/foreign_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "async/owning_executor.hpp"
#include "async/posted_deadline.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "base/release.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

// Shared by the operations under way. The application's stream, the buffers of operations and the steps of the end:
// on the strand. All else: any thread, guarded by the mutex.
class foreign_stream::shared_state final : public end_listener, public std::enable_shared_from_this<shared_state> {
 public:
  shared_state(std::unique_ptr<detail::byte_stream> of, const async::strand& on, std::shared_ptr<runtime> where,
               gate::pass until_closed)
      : runtime_(std::move(where)),
        strand_(on),
        on_(owning_executor<async::strand>(on, runtime_)),
        bytes_(std::move(of)),
        until_closed_(std::move(until_closed)) {}
  shared_state(const shared_state&) = delete;
  shared_state& operator=(const shared_state&) = delete;
  ~shared_state() override { runtime_->forget(*this); }
  void begin() noexcept {
    linger_.owned_by(weak_from_this());
    runtime_->tell_of_end(shared_from_this());
  }
  const async::strand& strand() const noexcept { return strand_; }
  void on_shut_down() noexcept override;

  std::size_t read_some(std::span<char> room, error_code& ec) noexcept;
  std::size_t write_some(std::span<const iovec> pieces, error_code& ec) noexcept;
  void wait_readable(const async::strand& on, std::shared_ptr<stream_listener> listener);
  void wait_writable(const async::strand& on, std::shared_ptr<stream_listener> listener);
  void wait_end(const async::strand& on, std::shared_ptr<stream_listener> listener);
  void shutdown_send() noexcept;
  void close() noexcept;

 private:
  enum class kind : unsigned char { read, write, goodbye };
  class flight;
  using flight_ptr = std::unique_ptr<detail::byte_stream::completion>;

  struct waiter {
    async::strand on;
    std::shared_ptr<stream_listener> listener;
  };
  // The listeners that are to be told, or released.
  struct waiters {
    std::optional<waiter> reader;
    std::optional<waiter> ender;
    std::optional<waiter> writer;
  };

  using tell_function = void (stream_listener::*)(error_code);
  static void tell(const std::optional<waiter>& who, tell_function what, error_code ec) noexcept;
  void begin_read();
  void begin_write();
  void write_next(flight_ptr then);
  void read_done(error_code ec, std::size_t bytes);
  void write_done(error_code ec, std::size_t bytes);
  void done(kind what, error_code ec, std::size_t bytes);
  void lost(kind what) noexcept;
  void step_soon() noexcept;
  void step();
  void say_goodbye() noexcept;
  void cut();
  void finish() noexcept;
  std::size_t held() const COSIO_REQUIRES(mutex_) { return flying_ + next_.size(); }

  // Keeps the runtime alive, and so the io_context of the strand.
  const std::shared_ptr<runtime> runtime_;
  const async::strand strand_;
  const detail::byte_stream::executor on_;  // the strand, for operations that may end behind this object
  posted_deadline<shared_state, &shared_state::cut> linger_;

  // On the strand.
  const std::unique_ptr<detail::byte_stream> bytes_;
  std::array<char, read_bytes> room_;  // written by a read under way, which ends before begin_ < end_
  std::string out_;                    // of the write under way
  std::size_t written_ = 0;            // of out_
  bool goodbye_begun_ = false;
  bool goodbye_done_ = false;
  bool finished_ = false;
  gate::pass until_closed_;

  base::mutex mutex_;
  std::size_t begin_ COSIO_GUARDED_BY(mutex_) = 0;  // bytes of room_ that have arrived: begin_ up to end_
  std::size_t end_ COSIO_GUARDED_BY(mutex_) = 0;
  std::string next_ COSIO_GUARDED_BY(mutex_);         // for the next write
  std::size_t flying_ COSIO_GUARDED_BY(mutex_) = 0;   // bytes of out_ that are not written yet
  error_code read_ended_ COSIO_GUARDED_BY(mutex_);    // why there will be no more bytes
  error_code write_failed_ COSIO_GUARDED_BY(mutex_);  // why nothing can be written any more
  bool reading_ COSIO_GUARDED_BY(mutex_) = false;     // a read is under way, or about to begin
  bool writing_ COSIO_GUARDED_BY(mutex_) = false;     // the same for a write
  bool send_ended_ COSIO_GUARDED_BY(mutex_) = false;  // shutdown_send() was called
  bool closed_ COSIO_GUARDED_BY(mutex_) = false;      // close() was called
  waiters waiting_ COSIO_GUARDED_BY(mutex_);          // only while an operation of their direction is under way
};

// One operation. When it is destroyed without a call, because its io_context has ended or there is no memory, nobody
// will be told: then the listeners are released, because they may own the stream.
class foreign_stream::shared_state::flight final : public detail::byte_stream::completion {
 public:
  flight(std::shared_ptr<shared_state> of, kind what) noexcept : of_(std::move(of)), what_(what) {}
  flight(const flight&) = delete;
  flight& operator=(const flight&) = delete;
  ~flight() override {
    if (of_) of_->lost(what_);
  }
  void operator()(error_code ec, std::size_t bytes) override {
    const auto of = std::exchange(of_, nullptr);
    base::guarded("async", [&] { of->done(what_, ec, bytes); });
  }

 private:
  std::shared_ptr<shared_state> of_;
  const kind what_;
};

// Without memory to post with, the listener is released without being told, as watched_socket.hpp has it. A listener
// may own its stream: so it must not be destroyed with the mutex held, and the caller keeps it.
void foreign_stream::shared_state::tell(const std::optional<waiter>& who, tell_function what, error_code ec) noexcept {
  if (!who) return;
  base::guarded("async", [&] { post(who->on, "async", [to = who->listener, what, ec] { ((*to).*what)(ec); }); });
}

// ---------------------------------------------------------------- reading

std::size_t foreign_stream::shared_state::read_some(std::span<char> room, error_code& ec) noexcept {
  const base::lock_guard lock(mutex_);
  if (closed_) {
    ec = asio::error::bad_descriptor;
    return 0;
  }
  const std::size_t n = std::min(room.size(), end_ - begin_);
  if (n > 0) {
    std::memcpy(room.data(), room_.data() + begin_, n);
    begin_ += n;
    return n;
  }
  ec = read_ended_ ? read_ended_ : error_code(asio::error::would_block);
  return 0;
}

void foreign_stream::shared_state::wait_readable(const async::strand& on, std::shared_ptr<stream_listener> listener) {
  error_code ec;
  bool waits = false;
  {
    const base::lock_guard lock(mutex_);
    waits = !closed_ && begin_ == end_ && !read_ended_;
    if (waits) {
      auto& here = waiting_.reader;
      here.emplace(waiter{on, joined(here ? here->listener : nullptr, listener)});
      if (std::exchange(reading_, true)) return;
    }
    if (closed_) ec = asio::error::operation_aborted;
  }
  if (waits) return begin_read();
  post(on, "async", [listener = std::move(listener), ec] { listener->on_readable(ec); });
}

void foreign_stream::shared_state::wait_end(const async::strand& on, std::shared_ptr<stream_listener> listener) {
  std::optional<waiter> before;  // released behind the lock
  error_code ec;
  bool waits = false;
  {
    const base::lock_guard lock(mutex_);
    waits = !closed_ && !read_ended_;
    if (waits) {
      if (begin_ != end_) return;
      before = std::exchange(waiting_.ender, waiter{on, listener});
      if (std::exchange(reading_, true)) return;
    }
    if (closed_) ec = asio::error::operation_aborted;
  }
  if (waits) return begin_read();
  post(on, "async", [listener = std::move(listener), ec] { listener->on_end(ec); });
}

void foreign_stream::shared_state::begin_read() {
  flight_ptr then;
  try {
    then = std::make_unique<flight>(shared_from_this(), kind::read);
  } catch (...) {
    lost(kind::read);
    throw;
  }
  run_on(strand_, [self = shared_from_this(), then = std::move(then)]() mutable {
    self->bytes_->read_some(self->room_, self->on_, std::move(then));
  });
}

void foreign_stream::shared_state::read_done(error_code ec, std::size_t bytes) {
  if (ec == asio::ssl::error::stream_truncated) ec = asio::error::eof;
  waiters told;
  bool again = false;
  {
    const base::lock_guard lock(mutex_);
    reading_ = false;
    if (closed_) return;
    if (bytes > 0) {
      begin_ = 0;
      end_ = bytes;
    } else if (ec) {
      read_ended_ = ec;
    } else {
      again = reading_ = waiting_.reader || waiting_.ender;
    }
    if (!again) {
      told.reader.swap(waiting_.reader);
      told.ender.swap(waiting_.ender);
    }
  }
  if (again) return begin_read();
  tell(told.reader, &stream_listener::on_readable, {});
  if (bytes == 0) tell(told.ender, &stream_listener::on_end, {});
}

// ---------------------------------------------------------------- writing

std::size_t foreign_stream::shared_state::write_some(std::span<const iovec> pieces, error_code& ec) noexcept {
  std::size_t taken = 0;
  {
    const base::lock_guard lock(mutex_);
    const std::size_t before = next_.size();
    if (closed_) {
      ec = asio::error::bad_descriptor;
    } else if (write_failed_) {
      ec = write_failed_;
    } else if (send_ended_) {
      ec = asio::error::broken_pipe;
    } else if (held() >= write_bytes) {
      ec = asio::error::would_block;
    } else {
      try {
        for (const iovec& piece : pieces)
          next_.append(static_cast<const char*>(piece.iov_base), std::min(piece.iov_len, write_bytes - held()));
      } catch (const std::bad_alloc&) {  // the error of a system without memory
        if (next_.size() == before) ec = asio::error::no_buffer_space;
      }
      taken = next_.size() - before;
    }
    if (taken == 0 || std::exchange(writing_, true)) return taken;
  }
  base::guarded("async", [this] { begin_write(); });
  return taken;
}

void foreign_stream::shared_state::wait_writable(const async::strand& on, std::shared_ptr<stream_listener> listener) {
  error_code ec;
  {
    const base::lock_guard lock(mutex_);
    if (!closed_ && !write_failed_ && writing_ && held() >= write_bytes) {
      auto& here = waiting_.writer;
      here.emplace(waiter{on, joined(here ? here->listener : nullptr, std::move(listener))});
      return;
    }
    if (closed_) ec = asio::error::operation_aborted;
  }
  post(on, "async", [listener = std::move(listener), ec] { listener->on_writable(ec); });
}

void foreign_stream::shared_state::begin_write() {
  flight_ptr then;
  try {
    then = std::make_unique<flight>(shared_from_this(), kind::write);
  } catch (...) {
    lost(kind::write);
    throw;
  }
  run_on(strand_, [self = shared_from_this(), then = std::move(then)]() mutable { self->write_next(std::move(then)); });
}

void foreign_stream::shared_state::write_next(flight_ptr then) {
  if (written_ == out_.size()) {
    const base::lock_guard lock(mutex_);
    out_.clear();
    out_.swap(next_);
    written_ = 0;
    flying_ = out_.size();
  }
  bytes_->write_some(std::string_view(out_).substr(written_), on_, std::move(then));
}

void foreign_stream::shared_state::write_done(error_code ec, std::size_t bytes) {
  waiters told;
  bool more = false;
  written_ += bytes;
  {
    const base::lock_guard lock(mutex_);
    flying_ -= bytes;
    if (ec) {
      write_failed_ = ec;
      flying_ = 0;
      base::release(next_);
    }
    more = writing_ = held() > 0;
    if (held() <= write_bytes / 2) told.writer.swap(waiting_.writer);
  }
  tell(told.writer, &stream_listener::on_writable, {});
  if (more) return begin_write();
  base::release(out_);  // an idle connection keeps no buffer
  written_ = 0;
  step();
}

// ---------------------------------------------------------------- the end

void foreign_stream::shared_state::done(kind what, error_code ec, std::size_t bytes) {
  if (what == kind::read) return read_done(ec, bytes);
  if (what == kind::write) return write_done(ec, bytes);
  goodbye_done_ = true;
  step();
}

void foreign_stream::shared_state::lost(kind what) noexcept {
  waiters released;
  const base::lock_guard lock(mutex_);
  if (what == kind::read) {
    reading_ = false;
    released.reader.swap(waiting_.reader);
    released.ender.swap(waiting_.ender);
  } else if (what == kind::write) {
    writing_ = false;
    write_failed_ = asio::error::operation_aborted;
    flying_ = 0;
    released.writer.swap(waiting_.writer);
  }
}

void foreign_stream::shared_state::shutdown_send() noexcept {
  {
    const base::lock_guard lock(mutex_);
    if (std::exchange(send_ended_, true)) return;
  }
  step_soon();
}

void foreign_stream::shared_state::close() noexcept {
  waiters told;
  {
    const base::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    std::swap(told, waiting_);
  }
  tell(told.reader, &stream_listener::on_readable, asio::error::operation_aborted);
  tell(told.ender, &stream_listener::on_end, asio::error::operation_aborted);
  tell(told.writer, &stream_listener::on_writable, asio::error::operation_aborted);
  base::guarded("async", [this] { runtime_->timers().arm_after(linger_, linger_time); });
  step_soon();
}

void foreign_stream::shared_state::step_soon() noexcept {
  base::guarded("async", [this] { run_on(strand_, [self = shared_from_this()] { self->step(); }); });
}

// Bytes that were written go out first, then the goodbye. When both are done, or cannot be, a closed stream ends.
void foreign_stream::shared_state::step() {
  bool can_send = false;
  bool is_closed = false;
  {
    const base::lock_guard lock(mutex_);
    if (writing_ || !(send_ended_ || closed_)) return;
    can_send = !write_failed_;
    is_closed = closed_;
  }
  if (can_send && !std::exchange(goodbye_begun_, true)) say_goodbye();
  if (!is_closed) return;
  if (goodbye_done_ || !can_send) return finish();
  runtime_->timers().arm_after(linger_, goodbye_time);
}

// A stream that fails to say it, or has no memory for it, ends without.
void foreign_stream::shared_state::say_goodbye() noexcept {
  try {
    auto answered = std::make_unique<flight>(shared_from_this(), kind::goodbye);
    if (!bytes_->end_sending(on_, std::move(answered))) goodbye_done_ = true;
  } catch (...) {
    goodbye_done_ = true;
    base::log_thrown("async", {"the end of an application's stream could not be sent"});
  }
}

void foreign_stream::shared_state::cut() {
  {
    const base::lock_guard lock(mutex_);
    if (!closed_) return;
  }
  finish();
}

// The application's close() may throw: nobody could handle that here.
void foreign_stream::shared_state::finish() noexcept {
  if (std::exchange(finished_, true)) return;
  runtime_->timers().disarm(linger_);
  try {
    bytes_->close();
  } catch (...) {
    base::log_thrown("async", {"close() of an application's stream threw"});
  }
  until_closed_ = {};
}

// Nothing runs on the strand any more: so this thread may use the stream. Its operations under way end in the
// application's io_context, and find a strand that drops them.
void foreign_stream::shared_state::on_shut_down() noexcept {
  waiters released;  // may own the stream: they go behind the lock
  {
    const base::lock_guard lock(mutex_);
    closed_ = true;
    std::swap(released, waiting_);
  }
  finish();
}

// ---------------------------------------------------------------- the stream

foreign_stream::foreign_stream(http::any_stream of, const strand& on, std::shared_ptr<runtime> where,
                               gate::pass until_closed)
    : remote_address_(of.remote_address()),
      certificate_(of.client_certificate()),
      secure_(of.secure()),
      state_(std::make_shared<shared_state>(of.take(), on, std::move(where), std::move(until_closed))) {
  state_->begin();
}

foreign_stream::~foreign_stream() { state_->close(); }

std::size_t foreign_stream::read_some(std::span<char> room, error_code& ec) noexcept {
  return state_->read_some(room, ec);
}
std::size_t foreign_stream::write_some(std::span<const iovec> pieces, error_code& ec) noexcept {
  return state_->write_some(pieces, ec);
}
void foreign_stream::wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) {
  state_->wait_readable(on, std::move(listener));
}
void foreign_stream::wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) {
  state_->wait_writable(on, std::move(listener));
}
void foreign_stream::wait_end(const strand& on, std::shared_ptr<stream_listener> listener) {
  state_->wait_end(on, std::move(listener));
}
void foreign_stream::shutdown_send() noexcept { state_->shutdown_send(); }
void foreign_stream::close() noexcept { state_->close(); }

}  // namespace cosio::inline v0_2::async
