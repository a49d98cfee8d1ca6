// The settings and tickets that the TLS connections of one program share.

#pragma once
#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "certificate.hpp"

struct ssl_session_st;  // SSL_SESSION

namespace bench {

/// One thread. It outlives its connections.
class tls_context {
 public:
  /// A server's. It asks OpenSSL for the same as the measured server: no session cache, and buffers that idle
  /// connections give back.
  explicit tls_context(const certificate& own);
  /// A client's. It accepts any certificate. @param server  asked for by name, unless it is an address
  explicit tls_context(std::string server);
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// From now on clients offer the ticket that the server has sent last.
  void resume() noexcept { resumes_ = true; }
  /// The handshakes that were done, and those of them that resumed a session.
  std::uint64_t handshakes() const noexcept { return handshakes_; }
  std::uint64_t resumed() const noexcept { return resumed_; }

  // Connections call these.
  SSL* make_connection();
  void count_handshake(bool was_resumed) noexcept;

 private:
  struct deleter {
    void operator()(SSL_CTX* context) const;
    void operator()(ssl_session_st* session) const;
  };
  explicit tls_context(SSL_CTX* owned);
  static int keep_ticket(SSL* of, ssl_session_st* session) noexcept;

  std::unique_ptr<SSL_CTX, deleter> context_;
  std::unique_ptr<ssl_session_st, deleter> ticket_;
  std::string server_;  // empty: this is one
  bool resumes_ = false;
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumed_ = 0;
};

}  // namespace bench
