// OpenSSL's callbacks for tickets, and two generations of keys.

#include "http/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

namespace cosio::inline v0_2::http {
namespace {

constexpr int go_on = 1;
constexpr int go_on_and_renew = 2;
constexpr int no_key = 0;
constexpr int failed = -1;
constexpr std::size_t iv_bytes = 16;

void delete_keys(void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<ticket_keys*>(keys);
}

int place_of_keys() {
  static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, delete_keys);
  return place;
}

template <class Bytes>
bool draw_bytes(Bytes& to) noexcept {
  return RAND_bytes(to.data(), static_cast<int>(to.size())) == 1;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* code,
              int fresh) noexcept {
  auto* const keys = static_cast<ticket_keys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place_of_keys()));
  const int answer = keys->prepare(fresh == 1, name, iv, cipher, code, std::chrono::steady_clock::now());
  // Clients use a ticket of TLS 1.3 once (RFC 8446, appendix C.4). Without a new one, the next handshake is a full one.
  return answer == go_on && fresh == 0 && SSL_version(ssl) == TLS1_3_VERSION ? go_on_and_renew : answer;
}

// A ticket carries the time of its session's full handshake. Without it, every new ticket would be good for two hours
// more: OpenSSL dates the sessions of TLS 1.3 anew with each ticket.
using ticks = base::time_point::rep;

std::optional<base::time_point> full_handshake_of(SSL_SESSION& session) noexcept {
  void* bytes = nullptr;
  std::size_t size = 0;
  ticks count = 0;
  if (SSL_SESSION_get0_ticket_appdata(&session, &bytes, &size) != 1 || size != sizeof count) return std::nullopt;
  std::memcpy(&count, bytes, size);
  return base::time_point(base::time_point::duration(count));
}

// A session that was resumed has the time already. Without memory for it, the ticket will not be accepted.
int on_new_ticket(SSL* ssl, void*) noexcept {
  SSL_SESSION* const session = SSL_get_session(ssl);
  if (session == nullptr || full_handshake_of(*session)) return 1;
  const ticks now = std::chrono::steady_clock::now().time_since_epoch().count();
  SSL_SESSION_set1_ticket_appdata(session, &now, sizeof now);
  return 1;
}

// OpenSSL verifies the client's certificate in a full handshake only.
bool has_valid_certificate(SSL_SESSION& session) noexcept {
  const X509* const shown = SSL_SESSION_get0_peer(&session);
  return shown == nullptr || X509_cmp_current_time(X509_get0_notAfter(shown)) > 0;
}

SSL_TICKET_RETURN on_ticket_read(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                                 SSL_TICKET_STATUS status, void*) noexcept {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const auto since = full_handshake_of(*session);
  const bool is_young = since && std::chrono::steady_clock::now() < *since + ticket_keys::longest_session;
  if (!is_young || !has_valid_certificate(*session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

void ticket_keys::use_in(SSL_CTX& context) {
  auto own = std::make_unique<ticket_keys>();
  if (SSL_CTX_set_ex_data(&context, place_of_keys(), own.get()) != 1) throw std::bad_alloc();
  own.release();
  SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket);
  SSL_CTX_set_session_ticket_cb(&context, on_new_ticket, on_ticket_read, nullptr);
}

bool ticket_keys::draw(base::time_point now) noexcept {
  key made;
  if (!draw_bytes(made.name) || !draw_bytes(made.cipher) || !draw_bytes(made.code)) return false;
  made.made = now;
  made.there = true;
  previous_ = current_;
  current_ = made;
  return true;
}

void ticket_keys::forget_old(base::time_point now) noexcept {
  for (key* const k : {&current_, &previous_}) {
    if (!k->there || now < k->made + 2 * life) continue;
    OPENSSL_cleanse(k->name.data(), k->name.size());
    OPENSSL_cleanse(k->cipher.data(), k->cipher.size());
    OPENSSL_cleanse(k->code.data(), k->code.size());
    k->there = false;
  }
}

int ticket_keys::prepare(bool fresh, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* code,
                         base::time_point now) noexcept {
  const base::lock_guard lock(mutex_);
  forget_old(now);
  if (fresh) {
    if ((!current_.there || now >= current_.made + life) && !draw(now)) return failed;
    std::copy(current_.name.begin(), current_.name.end(), name);
    if (RAND_bytes(iv, iv_bytes) != 1) return failed;
  }
  const auto is_named = [name](const key& k) { return k.there && std::equal(k.name.begin(), k.name.end(), name); };
  const key* const with = is_named(current_) ? &current_ : is_named(previous_) ? &previous_ : nullptr;
  if (with == nullptr) return no_key;
  std::array<unsigned char, 32> secret = with->code;
  const std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
      OSSL_PARAM_construct_end()};
  const bool ready =
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, with->cipher.data(), iv, fresh ? 1 : 0) == 1 &&
      EVP_MAC_CTX_set_params(code, params.data()) == 1;
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!ready) return failed;
  return !fresh && (with == &previous_ || now >= with->made + life) ? go_on_and_renew : go_on;
}

}  // namespace cosio::inline v0_2::http
