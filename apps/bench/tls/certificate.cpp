// X.509 by OpenSSL.

#include "certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>

namespace bench {
namespace {

struct deleter {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(BIO* x) const { BIO_free(x); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

void check(bool done) {
  if (!done) throw std::runtime_error("a certificate cannot be made");
}

owned<X509> sign(EVP_PKEY& key) {
  constexpr long ten_days = 10 * 86'400;
  constexpr long version_3 = 2;
  owned<X509> made(X509_new());
  check(made && X509_set_version(made.get(), version_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), ten_days);
  X509_NAME* const name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  X509_set_pubkey(made.get(), &key);
  check(X509_sign(made.get(), &key, EVP_sha256()) != 0);
  return made;
}

template <class Write>
std::string as_text(Write write) {
  const owned<BIO> to(BIO_new(BIO_s_mem()));
  check(to && write(to.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(to.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

certificate make_certificate() {
  const owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  check(key != nullptr);
  const owned<X509> made = sign(*key);
  return {as_text([&](BIO* to) { return PEM_write_bio_X509(to, made.get()); }), as_text([&](BIO* to) {
            return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace bench
