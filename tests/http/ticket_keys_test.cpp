// Keys of session tickets: how long they are good, and that connections are resumed with them.

#include "http/ticket_keys.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

namespace {

// The name of a key and the start of the cipher, as a ticket has them.
struct ticket {
  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 16> iv{};
};

int prepare(http::ticket_keys& keys, bool fresh, ticket& of, std::chrono::minutes since) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> code(EVP_MAC_CTX_new(hmac.get()), EVP_MAC_CTX_free);
  return keys.prepare(fresh, of.name.data(), of.iv.data(), cipher.get(), code.get(), base::time_point(since));
}

struct deleter {
  void operator()(SSL_CTX* x) const { SSL_CTX_free(x); }
  void operator()(SSL* x) const { SSL_free(x); }
  void operator()(SSL_SESSION* x) const { SSL_SESSION_free(x); }
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

// A client with a certificate that connects again and again, each time with the ticket of the connection before.
class returning_client {
 public:
  // @param validity  Seconds from now on for which the certificate is good.
  returning_client(int version, long validity)
      : server_(SSL_CTX_new(TLS_method())), client_(SSL_CTX_new(TLS_method())) {
    const owned<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const owned<X509> certificate = make_certificate(*key, validity);
    for (SSL_CTX* const context : {server_.get(), client_.get()}) {
      REQUIRE(SSL_CTX_use_certificate(context, certificate.get()) == 1);
      REQUIRE(SSL_CTX_use_PrivateKey(context, key.get()) == 1);
      SSL_CTX_set_min_proto_version(context, version);
      SSL_CTX_set_max_proto_version(context, version);
    }
    http::ticket_keys::use_in(*server_);
    SSL_CTX_set_session_cache_mode(server_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(server_.get(), reinterpret_cast<const unsigned char*>("test"), 4);
    SSL_CTX_set_verify(server_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_info_callback(server_.get(), tell_age);
    SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(client_.get(), this);
    SSL_CTX_sess_set_new_cb(client_.get(), keep_ticket);
  }
  returning_client(const returning_client&) = delete;
  returning_client& operator=(const returning_client&) = delete;

  // @param age  If it is a full handshake, it tells that it was made so long ago.
  // @return whether the session was resumed.
  bool connect(std::chrono::minutes age = 0min) {
    const owned<SSL> near(SSL_new(server_.get()));
    const owned<SSL> far(SSL_new(client_.get()));
    SSL_set_app_data(near.get(), &age);
    SSL_set_accept_state(near.get());
    SSL_set_connect_state(far.get());
    BIO* one = nullptr;
    BIO* other = nullptr;
    REQUIRE(BIO_new_bio_pair(&one, 1 << 16, &other, 1 << 16) == 1);
    SSL_set_bio(near.get(), one, one);
    SSL_set_bio(far.get(), other, other);
    if (ticket_) SSL_set_session(far.get(), ticket_.get());
    for (int i = 0; i < 4; ++i) {
      SSL_do_handshake(far.get());
      SSL_do_handshake(near.get());
    }
    char nothing = 0;
    SSL_read(far.get(), &nothing, 1);  // tickets of TLS 1.3
    REQUIRE(SSL_is_init_finished(near.get()) == 1);
    REQUIRE(SSL_is_init_finished(far.get()) == 1);
    SSL_shutdown(far.get());  // or the ticket would not be good any more
    return SSL_session_reused(near.get()) == 1;
  }

 private:
  static owned<X509> make_certificate(EVP_PKEY& key, long validity) {
    owned<X509> made(X509_new());
    X509_set_version(made.get(), 2);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -1'000);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), validity);
    X509_set_pubkey(made.get(), &key);
    REQUIRE(X509_sign(made.get(), &key, EVP_sha256()) > 0);
    return made;
  }
  static void tell_age(const SSL* ssl, int where, int) {
    const auto age = *static_cast<const std::chrono::minutes*>(SSL_get_app_data(ssl));
    SSL_SESSION* const session = SSL_get_session(ssl);
    if (age == 0min || where != SSL_CB_ACCEPT_LOOP || session == nullptr || SSL_session_reused(ssl) == 1) return;
    const auto then = (std::chrono::steady_clock::now() - age).time_since_epoch().count();
    SSL_SESSION_set1_ticket_appdata(session, &then, sizeof then);
  }
  static int keep_ticket(SSL* ssl, SSL_SESSION* ticket) {
    static_cast<returning_client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->ticket_.reset(ticket);
    return 1;
  }

  const owned<SSL_CTX> server_;
  const owned<SSL_CTX> client_;
  owned<SSL_SESSION> ticket_;
};

constexpr long hour = 3'600;

}  // namespace

TEST_CASE("the key of tickets changes every hour, and is forgotten after two", "[http][ticket_keys]") {
  http::ticket_keys keys;
  ticket first;
  ticket foreign;
  CHECK(prepare(keys, false, foreign, 0min) == 0);
  REQUIRE(prepare(keys, true, first, 0min) == 1);
  CHECK(prepare(keys, false, first, 59min) == 1);
  CHECK(prepare(keys, false, foreign, 59min) == 0);
  ticket same;
  REQUIRE(prepare(keys, true, same, 59min) == 1);
  CHECK(same.name == first.name);
  CHECK(same.iv != first.iv);
  ticket next;
  REQUIRE(prepare(keys, true, next, 60min) == 1);
  CHECK(next.name != first.name);
  CHECK(prepare(keys, false, first, 61min) == 2);  // and the client gets a new one
  CHECK(prepare(keys, false, first, 119min) == 2);
  CHECK(prepare(keys, false, first, 120min) == 0);
  CHECK(prepare(keys, false, next, 120min) == 2);
  CHECK(prepare(keys, false, next, 180min) == 0);
}

TEST_CASE("a session is resumed for two hours, however many tickets it has had", "[http][ticket_keys]") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    returning_client client(version, hour);
    CHECK_FALSE(client.connect());
    CHECK(client.connect());
    CHECK(client.connect());

    returning_client young(version, hour);
    CHECK_FALSE(young.connect(119min));
    CHECK(young.connect());
    CHECK(young.connect());

    returning_client old(version, hour);
    CHECK_FALSE(old.connect(120min));
    CHECK_FALSE(old.connect());
    CHECK(old.connect());  // the last full handshake was a moment ago
  }
}

TEST_CASE("a session is not resumed when the certificate of its client has expired", "[http][ticket_keys]") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    returning_client client(version, -10);  // the server of this test takes it nevertheless
    CHECK_FALSE(client.connect());
    CHECK_FALSE(client.connect());
  }
}
