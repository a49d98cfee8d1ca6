// X.509 by OpenSSL: a key on the curve P-256, valid from yesterday until tomorrow.

#include "support/certificate_files.hpp"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace cosio::test {
namespace {

struct deleter {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(BIGNUM* x) const { BN_free(x); }
  void operator()(std::FILE* x) const { std::fclose(x); }
  void operator()(PKCS12* x) const { PKCS12_free(x); }
  void operator()(STACK_OF(X509) * x) const { sk_X509_pop_free(x, X509_free); }
  void operator()(X509_EXTENSION* x) const { X509_EXTENSION_free(x); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

constexpr long day = 86'400;

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("making certificates: ") + what);
}

owned<std::FILE> open_file(const std::string& path, const char* mode) {
  owned<std::FILE> file(std::fopen(path.c_str(), mode));
  check(file != nullptr, path.c_str());
  return file;
}

void extend(X509& certificate, int kind, const char* value) {
  const owned<X509_EXTENSION> made(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
  check(made && X509_add_ext(&certificate, made.get(), -1) == 1, "an extension");
}

owned<X509> make_certificate(std::string_view name, EVP_PKEY& key, X509* signer, EVP_PKEY& signing) {
  owned<X509> made(X509_new());
  check(made && X509_set_version(made.get(), 2) == 1, "a certificate");
  const owned<BIGNUM> serial(BN_new());
  check(serial && BN_rand(serial.get(), 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1, "a serial number");
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made.get()));
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), day);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer != nullptr ? signer : made.get()));
  X509_set_pubkey(made.get(), &key);
  if (signer == nullptr) extend(*made, NID_basic_constraints, "critical,CA:TRUE");
  extend(*made, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  check(X509_sign(made.get(), &signing, EVP_sha256()) != 0, "a signature");
  return made;
}

}  // namespace

certificate_files::certificate_files(std::string_view name, const certificate_files* signer,
                                     std::string_view password) {
  std::string pattern = (std::filesystem::temp_directory_path() / "cosio-tls-XXXXXX").string();
  check(::mkdtemp(pattern.data()) != nullptr, "a directory");
  directory_ = pattern;
  renew(name, signer, password);
}

certificate_files::~certificate_files() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void certificate_files::renew(std::string_view name, const certificate_files* signer, std::string_view password) {
  const owned<EVP_PKEY> own(EVP_EC_gen("P-256"));
  check(own != nullptr, "a key");
  owned<X509> above;
  owned<EVP_PKEY> signing;
  if (signer != nullptr) {
    above.reset(PEM_read_X509(open_file(signer->certificate(), "r").get(), nullptr, nullptr, nullptr));
    signing.reset(PEM_read_PrivateKey(open_file(signer->key(), "r").get(), nullptr, nullptr, nullptr));
    check(above && signing, "the signer's files");
  }
  const auto made = make_certificate(name, *own, above.get(), signing ? *signing : *own);
  check(PEM_write_X509(open_file(certificate(), "w").get(), made.get()) == 1, "a file");
  const bool plain = password.empty();
  check(PEM_write_PrivateKey(open_file(key(), "w").get(), own.get(), plain ? nullptr : EVP_aes_256_cbc(),
                             plain ? nullptr : reinterpret_cast<const unsigned char*>(password.data()),
                             static_cast<int>(password.size()), nullptr, nullptr) == 1,
        "a file");
}

std::string certificate_files::pkcs12(std::string_view password, const certificate_files* signer) const {
  const owned<X509> own(PEM_read_X509(open_file(certificate(), "r").get(), nullptr, nullptr, nullptr));
  const owned<EVP_PKEY> own_key(PEM_read_PrivateKey(open_file(key(), "r").get(), nullptr, nullptr, nullptr));
  check(own && own_key, "the files");
  const owned<STACK_OF(X509)> chain(sk_X509_new_null());
  if (signer != nullptr) {
    owned<X509> above(PEM_read_X509(open_file(signer->certificate(), "r").get(), nullptr, nullptr, nullptr));
    check(chain && above && sk_X509_push(chain.get(), above.get()) > 0, "a chain");
    (void)above.release();
  }
  const owned<PKCS12> made(
      PKCS12_create(std::string(password).c_str(), "own", own_key.get(), own.get(), chain.get(), 0, 0, 0, 0, 0));
  const std::string path = (directory_ / "own.p12").string();
  check(made && i2d_PKCS12_fp(open_file(path, "w").get(), made.get()) == 1, "a PKCS#12");
  return path;
}

void certificate_files::spoil_certificate() { std::ofstream(certificate()) << "no certificate\n"; }

}  // namespace cosio::test
