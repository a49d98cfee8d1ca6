// Makes an OpenSSL context of the options.

#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <cosio/error.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "async/tls_stream.hpp"
#include "base/guarded.hpp"
#include "http/ticket_keys.hpp"

namespace cosio::http {
namespace {

// RFC 7301: names, each behind its length.
constexpr std::string_view protocols = "\x08http/1.1";
constexpr std::string_view session_context = "cosio";

// The first error in OpenSSL's queue: it is the cause of the others.
std::string cause() {
  const unsigned long oldest = ERR_get_error();
  ERR_clear_error();
  if (oldest == 0) return "no further reason is known";
  const char* const reason = ERR_reason_error_string(oldest);
  return reason != nullptr ? reason : "error " + std::to_string(oldest);
}

[[noreturn]] void refuse(const std::string& what) { throw error(errc::bad_certificate, what + ": " + cause()); }

// Gives OpenSSL the password of the key while it reads the key.
struct key_question {
  const tls_options& options;
  std::exception_ptr thrown;
};

int answer_question(char* room, int size, int, void* data) noexcept {
  auto& question = *static_cast<key_question*>(data);
  try {
    const tls_options& o = question.options;
    const std::string password = o.key_password.empty() && o.ask_key_password ? o.ask_key_password() : o.key_password;
    if (password.empty() || password.size() > static_cast<std::size_t>(size)) return -1;
    return static_cast<int>(password.copy(room, password.size()));  // without a null behind it
  } catch (...) {
    question.thrown = std::current_exception();
    return -1;
  }
}

void use_key(SSL_CTX& context, const tls_options& options) {
  key_question question{options, nullptr};
  SSL_CTX_set_default_passwd_cb(&context, answer_question);
  SSL_CTX_set_default_passwd_cb_userdata(&context, &question);
  const int used = SSL_CTX_use_PrivateKey_file(&context, options.key_file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(&context, nullptr);
  SSL_CTX_set_default_passwd_cb(&context, nullptr);
  if (question.thrown) std::rethrow_exception(question.thrown);
  if (used != 1 || SSL_CTX_check_private_key(&context) != 1)
    refuse("the key in " + options.key_file + " cannot be used with the certificate in " + options.certificate_file);
}

void ask_clients(SSL_CTX& context, const std::string& authorities) {
  if (SSL_CTX_load_verify_locations(&context, authorities.c_str(), nullptr) != 1)
    refuse("the certificates that sign clients, " + authorities + ", cannot be read");
  auto* const names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr) refuse("the certificates that sign clients, " + authorities + ", cannot be read");
  SSL_CTX_set_client_CA_list(&context, names);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

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
  if (!made) refuse("TLS cannot be set up");
  SSL_CTX& context = *made;
  SSL_CTX_set_min_proto_version(&context,
                                options.minimum_version == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  // Renegotiation lets any client make the server work. Tickets need no memory here; a session cache would.
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  ticket_keys::use_in(context);
  SSL_CTX_set_session_id_context(&context, reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  // async/tls_stream writes one record at a time, from a buffer that may have moved. Idle connections keep no buffers.
  SSL_CTX_set_mode(&context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(&context, 1);
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(&context, options.certificate_file.c_str()) != 1)
    refuse("the certificate " + options.certificate_file + " cannot be read");
  use_key(context, options);
  if (!options.client_ca_file.empty()) ask_clients(context, options.client_ca_file);
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

}  // namespace cosio::http
