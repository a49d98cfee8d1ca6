// OpenSSL on a descriptor.

#include "channel.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

namespace bench {

// Without a word to the peer. Of a connection that ends without one, OpenSSL would not resume the session.
void tls_channel::deleter::operator()(SSL* ssl) const {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}

tls_channel::tls_channel(tls_context& of, int fd) : context_(of), ssl_(of.make_connection()) {
  SSL_set_fd(ssl_.get(), fd);
}

// A record at a time: the others are in OpenSSL's buffer, so that only the first costs a system call.
ssize_t tls_channel::recv(std::span<char> room) {
  std::size_t total = 0;
  int result = 1;
  while (result == 1 && total < room.size() && (total == 0 || SSL_has_pending(ssl_.get()) == 1)) {
    ERR_clear_error();
    errno = 0;
    std::size_t got = 0;
    result = SSL_read_ex(ssl_.get(), room.data() + total, room.size() - total, &got);
    total += got;
  }
  note_ready();
  return total > 0 ? static_cast<ssize_t>(total) : judge(result);
}

ssize_t tls_channel::send(std::string_view bytes) {
  std::size_t total = 0;
  int result = 1;
  while (result == 1 && total < bytes.size()) {
    ERR_clear_error();
    errno = 0;
    std::size_t sent = 0;
    result = SSL_write_ex(ssl_.get(), bytes.data() + total, bytes.size() - total, &sent);
    total += sent;
  }
  note_ready();
  return total > 0 || result == 1 ? static_cast<ssize_t>(total) : judge(result);
}

void tls_channel::note_ready() {
  if (ready_ || SSL_is_init_finished(ssl_.get()) != 1) return;
  ready_ = true;
  context_.count_handshake(SSL_session_reused(ssl_.get()) == 1);
}

ssize_t tls_channel::judge(int result) {
  const int of_socket = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_SYSCALL:
      errno = of_socket;
      return of_socket == 0 ? 0 : -1;
    default:
      break;
  }
  const unsigned long queued = ERR_get_error();
  if (ERR_GET_REASON(queued) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return 0;
  const char* const reason = ERR_reason_error_string(queued);
  failure_ = std::string("TLS: ") + (reason != nullptr ? reason : "it failed");
  errno = EPROTO;
  return -1;
}

}  // namespace bench
