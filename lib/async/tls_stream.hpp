// A stream over TLS, the server's side: OpenSSL makes and reads records; the stream below carries them and waits.
//
//   way in    below -> read_some() -> plain bytes for the caller
//   way out   write_some() -> full records, small pieces gathered -> below, all in one call

#pragma once
#include <openssl/types.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "async/stream.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

/// The handshake is no step of its own. Each read_some() continues it, and fails with would_block until it is done. So
/// the handshake never blocks a thread, and a deadline for the first byte is a deadline for the handshake too.
///
/// A read_some() takes a limited number of encrypted bytes from the stream below, whatever they decrypt to. When it
/// stops there, the next wait is told at once, so other connections get their turn. A peer that sends record after
/// record without a plain byte, such as TLS 1.3's KeyUpdate, ends the connection.
///
/// A write_some() makes records, and offers them to the stream below at once. Those that find no room wait here, and
/// their plain bytes count as written in step with the records: the caller offers the same bytes again.
///
/// The peer's close_notify reads as asio::error::eof, an end without it as asio::ssl::error::stream_truncated.
///
/// @par Threads  As async::stream says. OpenSSL's object may be used by one thread at a time: a mutex
///               guards it. The mutex is held over system calls, which never block. Only the reader and
///               the writer of one connection compete.
class tls_stream final : public stream {
 public:
  /// Expects a client's handshake on `below`, by the rules of `context`, which the caller may release afterwards.
  /// @throws std::bad_alloc
  tls_stream(std::unique_ptr<stream> below, SSL_CTX& context);
  ~tls_stream() override;
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override;
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override;
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) override;
  /// Of the stream below: a close_notify that nobody has read is not noticed.
  void wait_end(const strand& on, std::shared_ptr<stream_listener> listener) override {
    below_->wait_end(on, std::move(listener));
  }
  /// Sends close_notify, then the end of the stream below.
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string remote_address() const override { return below_->remote_address(); }
  bool secure() const noexcept override { return true; }
  std::string peer_certificate() const override;

  /// The most bytes that one read_some() takes from the stream below.
  static constexpr std::size_t max_encrypted = 64 * 1024;
  /// The most records in a row without plain bytes, behind the handshake. Above: the reading fails with protocol_error.
  /// Each may cost a derivation of keys, and the RFC sets no limit. It is the limit that OpenSSL has for empty records.
  static constexpr unsigned max_silent_records = 32;
  /// The most records that one write_some() makes, of up to 16 KiB each. A peer that does not read costs at most so
  /// much memory, beside the bytes that its caller keeps.
  static constexpr std::size_t max_records = 4;

 private:
  struct free_ssl {
    void operator()(SSL* ssl) const noexcept;
  };
  class bio;           // OpenSSL's view of the stream below
  class plain_source;  // the plain bytes of one write
  struct workshop;
  struct made_record;

  std::size_t write_in_handshake(std::string_view plain, boost::system::error_code& ec) noexcept COSIO_REQUIRES(mutex_);
  std::size_t write_records(plain_source& from, workshop& in, boost::system::error_code& ec) noexcept
      COSIO_REQUIRES(mutex_);
  std::size_t count_held(std::size_t before) noexcept COSIO_REQUIRES(mutex_);
  bool keep_record(std::string_view record) noexcept;
  std::size_t send_below(std::string_view records, boost::system::error_code& ec) noexcept;
  std::size_t send_or_hold(std::string_view records, boost::system::error_code& ec) noexcept;
  bool send_held(boost::system::error_code& ec) noexcept;
  boost::system::error_code judge(int result, bool reading) noexcept COSIO_REQUIRES(mutex_);
  bool is_over_the_limit() const noexcept { return silent_records_ > max_silent_records; }
  static void count_record(int sent, int version, int what, const void* bytes, std::size_t size, SSL* ssl,
                           void* on) noexcept;
  void tell_failed(const boost::system::error_code& why) noexcept;
  void drain() noexcept;
  void say_goodbye() noexcept COSIO_EXCLUDES(mutex_);

  const std::unique_ptr<stream> below_;
  mutable base::mutex mutex_;
  std::unique_ptr<SSL, free_ssl> ssl_ COSIO_PT_GUARDED_BY(mutex_);
  // The last error of the stream below, would_block apart. Written by OpenSSL's calls, which hold the mutex.
  boost::system::error_code below_failed_;
  // As below_failed_: the bytes that read_some() may still take, and the records since the last plain byte.
  std::size_t allowed_ = 0;
  unsigned silent_records_ = 0;
  // As below_failed_: where a write gathers its records (empty: it does not), and how many bytes it has. Then the
  // records that wait for room.
  std::span<char> records_;
  std::size_t kept_ = 0;
  std::string held_;
  boost::system::error_code lost_;  // why records are gone: the peer cannot read what would follow
  bool dry_ = false;                // the stream below has given less than asked for: it is empty
  bool shaken_ = false;             // the handshake is done: its records were not counted
  boost::system::error_code ended_ COSIO_GUARDED_BY(mutex_);  // reading is over, and why
  // Plain bytes whose records are made but not wholly written: they must be offered again.
  std::size_t held_plain_ COSIO_GUARDED_BY(mutex_) = 0;
  bool more_ COSIO_GUARDED_BY(mutex_) = false;  // the last read stopped for lack of room, or at max_encrypted
  bool reading_needs_room_ COSIO_GUARDED_BY(mutex_) = false;   // the handshake waits until the stream below takes bytes
  bool writing_needs_bytes_ COSIO_GUARDED_BY(mutex_) = false;  // the handshake waits until the stream below has bytes
  std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace cosio::inline v0_2::async
