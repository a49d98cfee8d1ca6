// Reads certificates and keys: PEM from files and from memory, and PKCS#12.

#include "http/tls_sources.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <cosio/error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <system_error>

namespace cosio::inline v0_2::http {
namespace {

struct deleter {
  void operator()(BIO* x) const noexcept { BIO_free(x); }
  void operator()(X509* x) const noexcept { X509_free(x); }
  void operator()(EVP_PKEY* x) const noexcept { EVP_PKEY_free(x); }
  void operator()(PKCS12* x) const noexcept { PKCS12_free(x); }
  void operator()(STACK_OF(X509) * x) const noexcept { sk_X509_pop_free(x, X509_free); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

std::string cause() {
  const unsigned long oldest = ERR_get_error();
  ERR_clear_error();
  if (oldest == 0) return "no further reason is known";
  if (ERR_SYSTEM_ERROR(oldest)) return std::generic_category().message(ERR_GET_REASON(oldest));
  const char* const reason = ERR_reason_error_string(oldest);
  return reason != nullptr ? reason : "error " + std::to_string(oldest);
}

bool oldest_error_is(int library, int reason) noexcept {
  const unsigned long oldest = ERR_peek_error();
  return ERR_GET_LIB(oldest) == library && ERR_GET_REASON(oldest) == reason;
}

// A file, or text in memory, and its name for people.
struct source {
  source(const std::string& file, const std::string& text, std::string_view option)
      : name(file.empty() ? "tls_options." + std::string(option) : file),
        bytes(file.empty() ? BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))
                           : BIO_new_file(file.c_str(), "r")) {}
  const std::string name;
  const owned<BIO> bytes;  // null when there is no such file
};

// Gives OpenSSL the password of the key while it reads the key.
struct key_question {
  const tls_options& options;
  std::exception_ptr thrown = nullptr;
  enum class answer { none, nothing_to_say, too_long, given } last = answer::none;
};

std::string password_of(const tls_options& options) {
  return options.key_password.empty() && options.ask_key_password ? options.ask_key_password() : options.key_password;
}

int answer_question(char* room, int size, int, void* data) noexcept {
  auto& question = *static_cast<key_question*>(data);
  try {
    const std::string password = password_of(question.options);
    question.last = password.empty()                                   ? key_question::answer::nothing_to_say
                    : password.size() > static_cast<std::size_t>(size) ? key_question::answer::too_long
                                                                       : key_question::answer::given;
    if (question.last != key_question::answer::given) return -1;
    return static_cast<int>(password.copy(room, password.size()));  // without a null behind it
  } catch (...) {
    question.thrown = std::current_exception();
    return -1;
  }
}

// Certificates are not encrypted. Without this function OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) noexcept { return -1; }

// Whether the text ended where the next certificate could have been.
bool at_end() noexcept {
  const unsigned long last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE) return false;
  ERR_clear_error();
  return true;
}

void use_chain(SSL_CTX& context, const source& from) {
  const owned<X509> own(from.bytes ? PEM_read_bio_X509_AUX(from.bytes.get(), nullptr, no_password, nullptr) : nullptr);
  if (!own || SSL_CTX_use_certificate(&context, own.get()) != 1)
    refuse_tls("the certificate " + from.name + " cannot be read");
  SSL_CTX_clear_chain_certs(&context);
  while (owned<X509> above{PEM_read_bio_X509(from.bytes.get(), nullptr, no_password, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(&context, above.get()) != 1)
      refuse_tls("the certificate " + from.name + " cannot be read");
    (void)above.release();
  }
  if (!at_end()) refuse_tls("the certificate " + from.name + " cannot be read");
}

void use_key(SSL_CTX& context, const tls_options& options, const source& from, const std::string& certificate) {
  using answer = key_question::answer;
  key_question question{options};
  const owned<EVP_PKEY> key(from.bytes ? PEM_read_bio_PrivateKey(from.bytes.get(), nullptr, answer_question, &question)
                                       : nullptr);
  if (question.thrown) std::rethrow_exception(question.thrown);
  const std::string name = "the key in " + from.name;
  if (!key && question.last == answer::nothing_to_say)
    refuse_tls(name + " is encrypted; set tls_options.key_password or ask_key_password");
  if (!key && question.last == answer::too_long) refuse_tls("the password of " + name + " is too long");
  if (!key && question.last == answer::given) refuse_tls("the password of " + name + " is wrong");
  if (!key) refuse_tls(name + " cannot be read");
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 || SSL_CTX_check_private_key(&context) != 1)
    refuse_tls(name + " cannot be used with the certificate in " + certificate);
}

// PKCS#12 of old programs is encrypted with RC2, which OpenSSL 3 has only in its provider "legacy".
[[noreturn]] void refuse_pfx(const std::string& name, bool without_password) {
  if (oldest_error_is(ERR_LIB_PKCS12, PKCS12_R_MAC_VERIFY_FAILURE))
    refuse_tls(without_password ? name + " has a passphrase; set tls_options.key_password or ask_key_password"
                                : "the passphrase of " + name + " is wrong");
  if (oldest_error_is(ERR_LIB_EVP, ERR_R_UNSUPPORTED))
    refuse_tls(name + " is encrypted in a way that OpenSSL does not read any more; write it anew with AES");
  refuse_tls(name + " cannot be read as PKCS#12");
}

void use_pfx(SSL_CTX& context, const tls_options& options, const source& from) {
  if (!from.bytes) refuse_tls(from.name + " cannot be read");
  const owned<PKCS12> file(d2i_PKCS12_bio(from.bytes.get(), nullptr));
  if (!file) refuse_tls(from.name + " is no PKCS#12");
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  const std::string password = password_of(options);
  const int parsed = PKCS12_parse(file.get(), password.c_str(), &key, &certificate, &chain);
  const owned<EVP_PKEY> own_key(key);
  const owned<X509> own_certificate(certificate);
  const owned<STACK_OF(X509)> own_chain(chain);
  if (parsed != 1) refuse_pfx(from.name, password.empty());
  if (!own_key || !own_certificate) refuse_tls(from.name + " has no key with a certificate");
  if (SSL_CTX_use_cert_and_key(&context, certificate, key, chain, 1) != 1)
    refuse_tls("the key in " + from.name + " cannot be used with its certificate");
}

// Of options that say the same in two ways, one is to be set. @return whether one is.
bool is_set(const std::string& a, std::string_view name_a, const std::string& b, std::string_view name_b) {
  if (a.empty() || b.empty()) return !a.empty() || !b.empty();
  ERR_clear_error();
  throw error(errc::bad_certificate, "tls_options." + std::string(name_a) + " and tls_options." + std::string(name_b) +
                                         " are both set; set one of them");
}

}  // namespace

void refuse_tls(const std::string& what) { throw error(errc::bad_certificate, what + ": " + cause()); }

void use_certificate(SSL_CTX& context, const tls_options& o) {
  const bool has_pfx = is_set(o.pfx_file, "pfx_file", o.pfx, "pfx");
  const bool has_certificate = is_set(o.certificate_file, "certificate_file", o.certificate, "certificate");
  const bool has_key = is_set(o.key_file, "key_file", o.key, "key");
  if (has_pfx && (has_certificate || has_key))
    throw error(errc::bad_certificate, "tls_options has a pfx, and a certificate or a key besides; set one of them");
  if (has_pfx) return use_pfx(context, o, source(o.pfx_file, o.pfx, "pfx"));
  if (!has_certificate)
    throw error(errc::bad_certificate, "tls_options has no certificate; set certificate_file, certificate or pfx_file");
  if (!has_key) throw error(errc::bad_certificate, "tls_options has no key for the certificate; set key_file or key");
  const source certificate(o.certificate_file, o.certificate, "certificate");
  use_chain(context, certificate);
  use_key(context, o, source(o.key_file, o.key, "key"), certificate.name);
}

void ask_clients(SSL_CTX& context, const tls_options& o) {
  if (!is_set(o.client_ca_file, "client_ca_file", o.client_ca, "client_ca")) return;
  const source from(o.client_ca_file, o.client_ca, "client_ca");
  const std::string problem = "the certificates that sign clients, " + from.name + ", cannot be read";
  if (!from.bytes) refuse_tls(problem);
  std::size_t count = 0;
  while (const owned<X509> authority{PEM_read_bio_X509_AUX(from.bytes.get(), nullptr, no_password, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(&context, authority.get()) != 1)
      refuse_tls(problem);
    ++count;
  }
  if (count == 0 || !at_end()) refuse_tls(problem);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (o.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
}

}  // namespace cosio::inline v0_2::http
