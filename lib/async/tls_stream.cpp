// OpenSSL on a stream that never blocks.

#include "async/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "async/peer_certificate.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;  // 16 KiB of plain bytes
// Bytes of max_encrypted that a record without plain bytes counts as: it is short, but costs as much as a long one.
constexpr std::size_t cost_of_silence = 1024;
constexpr std::size_t max_drained = 64 * 1024;  // read away after a handshake that failed

error_code too_silent() noexcept { return boost::system::errc::make_error_code(boost::system::errc::protocol_error); }

// OpenSSL's judgement of a call looks at the thread's queue of errors, in which other code may have left some. Emptying
// it costs 380 instructions, also if it is empty.
void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

// Tells a listener that waits to read when the stream can be written, or the other way round.
class crossed final : public stream_listener {
 public:
  explicit crossed(std::shared_ptr<stream_listener> to) : to_(std::move(to)) {}
  void on_readable(error_code ec) override { to_->on_writable(ec); }
  void on_writable(error_code ec) override { to_->on_readable(ec); }

 private:
  const std::shared_ptr<stream_listener> to_;
};

}  // namespace

// The memory that one write_some() works with. A thread has one, and makes one write at a time.
struct tls_stream::workshop {
  std::array<char, record_bytes> plain;
  // A record at its longest for each that one write makes, and as much again for what OpenSSL sends of its own accord.
  std::array<char, (max_records + 1) * (record_bytes + SSL3_RT_MAX_ENCRYPTED_OVERHEAD + SSL3_RT_HEADER_LENGTH)> records;

  // @return nothing when there is no memory for it.
  static workshop* own() noexcept {
    thread_local std::unique_ptr<workshop> made;
    if (!made) made.reset(new (std::nothrow) workshop);
    return made.get();
  }
};

// Where a record ends, and where its plain bytes end.
struct tls_stream::made_record {
  std::size_t end;
  std::size_t plain_end;
};

// The pieces of one write, taken from the front.
class tls_stream::plain_source {
 public:
  explicit plain_source(std::span<const iovec> pieces) noexcept : pieces_(pieces) {}

  // The plain bytes of the next record. A large piece is used where it lies; small ones are copied together.
  std::string_view next(std::span<char, record_bytes> room) noexcept {
    skip_done();
    if (pieces_.empty()) return {};
    if (pieces_.size() == 1 || first().size() >= record_bytes) {
      const std::string_view whole = first().substr(0, record_bytes);
      done_ += whole.size();
      return whole;
    }
    std::size_t used = 0;
    for (; !pieces_.empty() && used < room.size(); skip_done()) {
      const std::string_view piece = first().substr(0, room.size() - used);
      std::memcpy(room.data() + used, piece.data(), piece.size());
      used += piece.size();
      done_ += piece.size();
    }
    return {room.data(), used};
  }

 private:
  // The rest of the first piece.
  std::string_view first() const noexcept {
    const iovec& piece = pieces_.front();
    return std::string_view(static_cast<const char*>(piece.iov_base), piece.iov_len).substr(done_);
  }
  void skip_done() noexcept {
    while (!pieces_.empty() && done_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      done_ = 0;
    }
  }

  std::span<const iovec> pieces_;
  std::size_t done_ = 0;  // bytes of the first piece
};

class tls_stream::bio {
 public:
  static BIO* make(tls_stream& on) {
    static BIO_METHOD* const method = make_method();
    BIO* const made = BIO_new(method);
    if (made == nullptr) throw std::bad_alloc();
    BIO_set_data(made, &on);
    BIO_set_init(made, 1);
    return made;
  }

 private:
  static BIO_METHOD* make_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "cosio stream");
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }

  static tls_stream& of(BIO* b) noexcept { return *static_cast<tls_stream*>(BIO_get_data(b)); }

  static int read(BIO* b, char* room, int size) noexcept {
    BIO_clear_retry_flags(b);
    error_code ec;
    std::size_t& allowed = of(b).allowed_;
    if (of(b).is_over_the_limit()) {
      of(b).below_failed_ = too_silent();
      return -1;
    }
    const std::size_t most = of(b).dry_ ? 0 : std::min(static_cast<std::size_t>(size), allowed);
    if (most == 0) {
      BIO_set_retry_read(b);
      return -1;
    }
    const std::size_t n = of(b).below_->read_some({room, most}, ec);
    allowed -= n;
    of(b).dry_ = n < most;  // asking once more would cost a system call that finds nothing
    if (n > 0) return static_cast<int>(n);
    if (ec == asio::error::would_block) {
      BIO_set_retry_read(b);
      return -1;
    }
    of(b).below_failed_ = ec;
    return ec == asio::error::eof ? 0 : -1;
  }

  static int write(BIO* b, const char* bytes, int size) noexcept {
    BIO_clear_retry_flags(b);
    tls_stream& self = of(b);
    const std::string_view record(bytes, static_cast<std::size_t>(size));
    if (!self.records_.empty()) {
      const bool kept = self.keep_record(record);
      if (!kept) BIO_set_retry_write(b);
      return kept ? size : -1;
    }
    error_code ec;
    const std::size_t n = self.send_held(ec) ? self.send_below(record, ec) : 0;
    if (n > 0) return static_cast<int>(n);
    if (ec == asio::error::would_block) {
      BIO_set_retry_write(b);
    } else {
      of(b).below_failed_ = ec;
    }
    return -1;
  }

  static long control(BIO* b, int what, long, void*) noexcept {
    if (what == BIO_CTRL_FLUSH) return 1;
    return what == BIO_CTRL_EOF && of(b).below_failed_ == asio::error::eof ? 1 : 0;
  }
};

void tls_stream::free_ssl::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }

tls_stream::tls_stream(std::unique_ptr<stream> below, SSL_CTX& context)
    : below_(std::move(below)), ssl_(SSL_new(&context)) {
  if (!ssl_) throw std::bad_alloc();
  BIO* const both_ways = bio::make(*this);
  SSL_set_bio(ssl_.get(), both_ways, both_ways);
  SSL_set_accept_state(ssl_.get());
  SSL_set_msg_callback(ssl_.get(), count_record);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

tls_stream::~tls_stream() { *closed_ = true; }

// OpenSSL tells of the head of each record. In TLS 1.3 the type there says nothing, and OpenSSL tells of the true one.
void tls_stream::count_record(int sent, int, int what, const void* bytes, std::size_t, SSL*, void* on) noexcept {
  if (sent != 0 || (what != SSL3_RT_HEADER && what != SSL3_RT_INNER_CONTENT_TYPE)) return;
  auto& self = *static_cast<tls_stream*>(on);
  if (!self.shaken_ || *static_cast<const unsigned char*>(bytes) == SSL3_RT_APPLICATION_DATA) return;
  ++self.silent_records_;
  self.allowed_ -= std::min(self.allowed_, cost_of_silence);
}

std::size_t tls_stream::read_some(std::span<char> room, error_code& ec) noexcept {
  const base::lock_guard lock(mutex_);
  more_ = reading_needs_room_ = dry_ = false;
  allowed_ = max_encrypted;
  std::size_t total = 0;
  while (!ended_ && total < room.size()) {
    forget_errors();
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), room.data() + total, room.size() - total, &n);
    shaken_ = shaken_ || SSL_is_init_finished(ssl_.get()) == 1;
    if (is_over_the_limit()) {
      ended_ = too_silent();
      break;
    }
    total += n;
    if (n > 0) silent_records_ = 0;
    if (result == 1 && dry_ && SSL_has_pending(ssl_.get()) == 0) return total;  // nothing is left anywhere
    if (result == 1) continue;
    const error_code why = judge(result, true);
    if (why == asio::error::would_block) {
      more_ = allowed_ == 0 && !reading_needs_room_;
      if (total == 0) ec = why;
      return total;
    }
    ended_ = why;
  }
  more_ = !ended_;
  if (total == 0) ec = ended_;
  return total;
}

std::size_t tls_stream::write_some(std::span<const iovec> pieces, error_code& ec) noexcept {
  const base::lock_guard lock(mutex_);
  writing_needs_bytes_ = dry_ = false;
  allowed_ = max_encrypted;  // of use in the handshake only
  const std::size_t held = held_.size();
  const bool has_room = send_held(ec);
  if (!has_room && held == 0) return 0;  // there was no memory for what should be held
  if (!has_room || held_plain_ != 0) return count_held(held);
  workshop* const own = workshop::own();
  if (own == nullptr) {
    ec = asio::error::no_memory;
    return 0;
  }
  plain_source from(pieces);
  return shaken_ ? write_records(from, *own, ec) : write_in_handshake(from.next(own->plain), ec);
}

// The plain bytes of the held records that have left now, of `before` bytes: their share, and the last ones at the end.
// So a slow client is seen to take something before all records have left.
std::size_t tls_stream::count_held(std::size_t before) noexcept {
  if (held_.empty()) return std::exchange(held_plain_, 0);
  const std::size_t gone = held_plain_ * (before - held_.size()) / before;
  held_plain_ -= gone;
  return gone;
}

// Until the handshake is done, OpenSSL keeps what there is no room for.
std::size_t tls_stream::write_in_handshake(std::string_view plain, error_code& ec) noexcept {
  if (plain.empty()) return 0;
  forget_errors();
  std::size_t n = 0;
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &n);
  if (result == 1) return n;
  ec = judge(result, false);
  return 0;
}

// Makes records while there are plain bytes, and offers them to the stream below at once.
std::size_t tls_stream::write_records(plain_source& from, workshop& in, error_code& ec) noexcept {
  std::array<made_record, max_records> made;
  std::size_t count = 0;
  records_ = in.records;
  kept_ = 0;
  std::size_t plain_end = 0;
  error_code why;
  for (bool full = true; full && count < max_records;) {
    const std::string_view plain = from.next(in.plain);
    if (plain.empty()) break;
    forget_errors();
    std::size_t n = 0;
    if (const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &n); result != 1) {
      why = judge(result, false);
      break;
    }
    plain_end += n;
    made[count++] = {kept_, plain_end};
    full = n == plain.size();  // a client may have asked for shorter records
  }
  records_ = {};
  const std::size_t sent = send_or_hold({in.records.data(), kept_}, ec);
  if (ec) return 0;
  std::size_t plain_sent = 0;
  for (const made_record& one : std::span(made).first(count))
    if (one.end <= sent) plain_sent = one.plain_end;
  held_plain_ = plain_end - plain_sent;
  if (plain_sent == 0) ec = held_plain_ != 0 ? error_code(asio::error::would_block) : why;
  return plain_sent;
}

// @return whether there is room to gather one more.
bool tls_stream::keep_record(std::string_view record) noexcept {
  if (record.size() > records_.size() - kept_) return false;
  std::memcpy(records_.data() + kept_, record.data(), record.size());
  kept_ += record.size();
  return true;
}

std::size_t tls_stream::send_below(std::string_view records, error_code& ec) noexcept {
  const iovec piece{const_cast<char*>(records.data()), records.size()};  // the stream only reads it
  return below_->write_some({&piece, 1}, ec);
}

// Offers records to the stream below. What it has no room for waits here. @return how many bytes it has taken.
std::size_t tls_stream::send_or_hold(std::string_view records, error_code& ec) noexcept {
  if (records.empty()) return 0;
  const std::size_t sent = send_below(records, ec);
  if (ec == asio::error::would_block) ec = {};
  if (!ec) {
    try {
      held_ = records.substr(sent);
    } catch (...) {
      ec = asio::error::no_memory;
    }
  }
  lost_ = ec;
  return sent;
}

// @return whether nothing is held any more, so that new records may follow.
bool tls_stream::send_held(error_code& ec) noexcept {
  if (lost_) ec = lost_;
  if (lost_ || held_.empty()) return !lost_;
  held_.erase(0, send_below(held_, ec));
  if (held_.empty()) {
    std::string none;  // an assignment would keep the memory
    none.swap(held_);
    return true;
  }
  if (!ec) ec = asio::error::would_block;
  return false;
}

// Translates OpenSSL's last result into an error for the caller.
error_code tls_stream::judge(int result, bool reading) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      writing_needs_bytes_ |= !reading;
      return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE:
      reading_needs_room_ |= reading;
      return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    default:
      break;
  }
  const unsigned long queued = ERR_get_error();
  error_code why = asio::ssl::error::stream_truncated;
  if (below_failed_ && below_failed_ != asio::error::eof) {
    why = below_failed_;
  } else if (queued != 0 && ERR_GET_REASON(queued) != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    why = error_code(static_cast<int>(queued), asio::error::get_ssl_category());
  }
  if (!SSL_is_init_finished(ssl_.get())) {
    tell_failed(why);
    drain();
  }
  return why;
}

void tls_stream::tell_failed(const error_code& why) noexcept {
  if (!base::logs(log_level::debug)) return;
  const bool plain = why.category() == asio::error::get_ssl_category() &&
                     ERR_GET_REASON(static_cast<unsigned long>(why.value())) == SSL_R_HTTP_REQUEST;
  base::guarded("tls", [&] {
    base::log(log_level::debug, "tls",
              "handshake with " + below_->remote_address() +
                  " failed: " + (plain ? "it speaks HTTP without TLS" : why.message()));
  });
}

// Reads the bytes that the peer sent before it learns of the refusal: closing with unread bytes resets the connection,
// and the peer would never see the alert.
void tls_stream::drain() noexcept {
  std::array<char, 4096> nowhere;
  std::size_t total = 0;
  error_code ec;
  while (!ec && total < max_drained) total += below_->read_some(nowhere, ec);
}

void tls_stream::wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) {
  bool at_once = false;
  bool for_room = false;
  {
    const base::lock_guard lock(mutex_);
    at_once = more_ || ended_;
    for_room = reading_needs_room_;
  }
  if (at_once) {
    post(on, "async", [closed = closed_, l = std::move(listener)] {
      l->on_readable(*closed ? error_code(asio::error::operation_aborted) : error_code());
    });
  } else if (for_room) {
    below_->wait_writable(on, std::make_shared<crossed>(std::move(listener)));
  } else {
    below_->wait_readable(on, std::move(listener));
  }
}

void tls_stream::wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) {
  bool for_bytes = false;
  {
    const base::lock_guard lock(mutex_);
    for_bytes = writing_needs_bytes_;
  }
  if (for_bytes) {
    below_->wait_readable(on, std::make_shared<crossed>(std::move(listener)));
  } else {
    below_->wait_writable(on, std::move(listener));
  }
}

// Sends close_notify if there was a handshake and the peer has room for it.
void tls_stream::say_goodbye() noexcept {
  const base::lock_guard lock(mutex_);
  if (!SSL_is_init_finished(ssl_.get()) || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  if (ended_ && ended_ != asio::error::eof) return;
  forget_errors();
  SSL_shutdown(ssl_.get());
}

std::string tls_stream::peer_certificate() const {
  const base::lock_guard lock(mutex_);
  return peer_certificate_of(*ssl_);
}

void tls_stream::shutdown_send() noexcept {
  say_goodbye();
  below_->shutdown_send();
}

void tls_stream::close() noexcept {
  if (closed_->exchange(true)) return;
  say_goodbye();
  below_->close();
}

}  // namespace cosio::inline v0_2::async
