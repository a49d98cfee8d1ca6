// OpenSSL's contexts, and tickets.

#include "context.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <utility>

namespace bench {
namespace {

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("TLS: ") + what);
}

template <class T, class Read, class Free>
std::unique_ptr<T, Free> from_text(const std::string& pem, Read read, Free free) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
  return {read(text.get(), nullptr, nullptr, nullptr), free};
}

bool is_address(const std::string& server) {
  return server.find_first_not_of("0123456789.") == std::string::npos || server.find(':') != std::string::npos;
}

}  // namespace

void tls_context::deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void tls_context::deleter::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }

tls_context::tls_context(SSL_CTX* owned) : context_(owned) {
  check(context_ != nullptr, "no context");
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context_.get(), 1);
}

tls_context::tls_context(const certificate& own) : tls_context(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX* const c = context_.get();
  const auto chain = from_text<X509>(own.chain, PEM_read_bio_X509, &X509_free);
  const auto key = from_text<EVP_PKEY>(own.key, PEM_read_bio_PrivateKey, &EVP_PKEY_free);
  check(SSL_CTX_use_certificate(c, chain.get()) == 1 && SSL_CTX_use_PrivateKey(c, key.get()) == 1, "no certificate");
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
}

tls_context::tls_context(std::string server) : tls_context(SSL_CTX_new(TLS_client_method())) {
  server_ = std::move(server);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_sess_set_new_cb(context_.get(), keep_ticket);
}

// @return 1: the session is ours now.
int tls_context::keep_ticket(SSL* of, SSL_SESSION* session) noexcept {
  static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(of)))->ticket_.reset(session);
  return 1;
}

SSL* tls_context::make_connection() {
  SSL* const made = SSL_new(context_.get());
  check(made != nullptr, "no connection");
  if (server_.empty()) {
    SSL_set_accept_state(made);
    return made;
  }
  SSL_set_connect_state(made);
  if (!is_address(server_)) SSL_set_tlsext_host_name(made, server_.c_str());
  if (resumes_ && ticket_) SSL_set_session(made, ticket_.get());
  return made;
}

void tls_context::count_handshake(bool was_resumed) noexcept {
  ++handshakes_;
  if (was_resumed) ++resumed_;
}

}  // namespace bench
