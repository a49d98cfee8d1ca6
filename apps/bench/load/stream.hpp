// One connection, of TCP or of TLS, that never blocks: what comes is handed to its user, what does not fit into the
// kernel waits.

#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "byte_buffer.hpp"
#include "loop.hpp"
#include "tls/channel.hpp"

namespace bench {

class stream;

/// The receiver of everything that a stream reads.
class stream_user {
 public:
  /// Bytes from the peer, which may be changed in place. @return how many of them are done with; the rest comes again,
  /// with more.
  virtual std::size_t on_bytes(stream& from, std::span<char> bytes) = 0;
  /// All bytes of one read have been handed over.
  virtual void on_read_done(stream&) {}
  /// The peer, or the network, has closed it; not called for close().
  virtual void on_closed(stream& which, std::string_view why) = 0;

 protected:
  ~stream_user() = default;
};

/// A TCP connection. One thread. It may be opened again after it was closed.
class stream {
 public:
  stream(loop& turns, stream_user& user) noexcept : loop_(turns), user_(user) {}
  ~stream() { close(); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  /// Begins to connect; what is sent meanwhile waits. @throws std::system_error when the system has no socket to give.
  /// @param secure  speaks TLS; none: does not
  void open(const sockaddr_storage& peer, socklen_t size, tls_context* secure = nullptr);
  bool is_open() const noexcept { return fd_ >= 0; }
  void send(std::string_view bytes);
  void close() noexcept;
  /// Never reads again, and stays open: for the peer, a consumer that has stopped. Nothing may be sent any more.
  void stall() {
    if (is_open()) loop_.forget(fd_);
  }

  /// The message at the front will be so many bytes in all: the next read makes room for it.
  void expect(std::size_t bytes) noexcept { expected_ = bytes; }

  // The loop calls these.
  void on_readable();
  void on_writable();

 private:
  bool read_once();
  void hand_over(std::span<char> fresh);
  void send_waiting();
  ssize_t take(std::span<char> room);
  ssize_t give(std::string_view bytes);
  std::string last_failure() const;
  void fail(std::string_view why);

  loop& loop_;
  stream_user& user_;
  int fd_ = -1;
  tls_context* secure_ = nullptr;
  std::unique_ptr<tls_channel> tls_;  // once connected
  bool connected_ = false;
  bool waits_for_room_ = false;
  std::size_t expected_ = 0;
  byte_buffer in_;
  byte_buffer out_;
};

}  // namespace bench
