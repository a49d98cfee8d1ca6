// Makes an OpenSSL context of the options.

#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>
#include <utility>

#include "async/tls_stream.hpp"
#include "base/guarded.hpp"
#include "http/ticket_keys.hpp"
#include "http/tls_sources.hpp"

namespace cosio::inline v0_2::http {
namespace {

// RFC 7301: names, each behind its length.
constexpr std::string_view protocols = "\x08http/1.1";
constexpr std::string_view session_context = "cosio";

// Refuses a client that offers protocols, but not ours: RFC 7301, section 3.2.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void*) noexcept {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(protocols.data()),
                                          static_cast<unsigned>(protocols.size()), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<SSL_CTX> make_context(const tls_options& options) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!made) refuse_tls("TLS cannot be set up");
  SSL_CTX& context = *made;
  SSL_CTX_set_min_proto_version(&context,
                                options.minimum_version == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  // Renegotiation lets any client make the server work. Tickets need no memory here; a session cache would.
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  ticket_keys::use_in(context);
  // OpenSSL's default of two is for clients that open two connections at once. Each connection brings a ticket, so a
  // client that opens them one by one always has one; the second would cost a handshake 171,000 instructions.
  SSL_CTX_set_num_tickets(&context, 1);
  SSL_CTX_set_session_id_context(&context, reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  // async/tls_stream writes one record at a time, from a buffer that may have moved. Idle connections keep no buffers.
  SSL_CTX_set_mode(&context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(&context, 1);
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
  use_certificate(context, options);
  ask_clients(context, options);
  return made;
}

}  // namespace

certificates::certificates(tls_options options) : options_(std::move(options)), current_(make_context(options_)) {}

void certificates::reload() {
  auto fresh = make_context(options_);
  const base::lock_guard lock(mutex_);
  current_.swap(fresh);
}

std::unique_ptr<async::stream> certificates::secure(std::unique_ptr<async::stream> accepted) const {
  std::shared_ptr<SSL_CTX> context;
  {
    const base::lock_guard lock(mutex_);
    context = current_;
  }
  return std::make_unique<async::tls_stream>(std::move(accepted), *context);
}

}  // namespace cosio::inline v0_2::http
