// TLS on a socket that never blocks. Its calls are like those of the socket.

#pragma once
#include <openssl/types.h>
#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "context.hpp"

namespace bench {

/// One connection, of either side. Reading and writing make the handshake. One thread.
class tls_channel {
 public:
  /// @param fd  stays the caller's, and outlives this object
  tls_channel(tls_context& of, int fd);

  /// As recv(): 0 at the end, -1 with an errno. It is EPROTO when TLS has failed; then failure() says why. When the
  /// room is full, there may be more, of which no epoll tells.
  ssize_t recv(std::span<char> room);
  /// As send(). Bytes that it has not taken must be offered again, with others behind them if there are others.
  ssize_t send(std::string_view bytes);

  /// Whether the handshake is done.
  bool is_ready() const noexcept { return ready_; }
  const std::string& failure() const noexcept { return failure_; }

 private:
  struct deleter {
    void operator()(SSL* ssl) const;
  };
  ssize_t judge(int result);
  void note_ready();

  tls_context& context_;
  std::unique_ptr<SSL, deleter> ssl_;
  bool ready_ = false;
  std::string failure_;
};

}  // namespace bench
