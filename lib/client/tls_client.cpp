// Verifies servers with OpenSSL.

#include "client/tls_client.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <compare>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/guarded.hpp"
#include "wire/base64.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// RFC 7301: a name behind its length. A server that speaks HTTP/2 as well must not choose it.
constexpr unsigned char http_1_1[] = "\x08http/1.1";

// Files as they were read: a file that was written since is another one.
struct read_files {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string key_password;
  std::vector<std::int64_t> written = {};
  auto operator<=>(const read_files&) const = default;
};

std::int64_t last_written(const std::string& file) {
  std::error_code ec;
  const auto when = std::filesystem::last_write_time(file, ec);
  return ec ? 0 : static_cast<std::int64_t>(when.time_since_epoch().count());
}

[[noreturn]] void refuse_file(const std::string& what, const error_code& ec) {
  throw error(errc::bad_certificate, what + " cannot be used: " + ec.message());
}

void use_own_certificate(ssl::context& context, const read_files& files) {
  if (files.certificate_file.empty() != files.key_file.empty())
    throw error(errc::bad_argument, "tls.certificate_file of a client needs tls.key_file, and the key its certificate");
  if (files.certificate_file.empty()) return;
  error_code ec;
  context.set_password_callback(
      [word = files.key_password](std::size_t, ssl::context::password_purpose) { return word; });
  context.use_certificate_chain_file(files.certificate_file, ec);
  if (ec) refuse_file("tls.certificate_file of a client", ec);
  context.use_private_key_file(files.key_file, ssl::context::pem, ec);
  if (ec) refuse_file("tls.key_file of a client", ec);
}

std::shared_ptr<ssl::context> read_context(const read_files& files) {
  auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX* const raw = made->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  error_code ec;
  if (files.ca_file.empty()) {
    made->set_default_verify_paths(ec);
  } else {
    made->load_verify_file(files.ca_file, ec);
  }
  if (ec) refuse_file(files.ca_file.empty() ? "the system's list of authorities" : "tls.ca_file of a client", ec);
  use_own_certificate(*made, files);
  return made;
}

// The contexts that are in use.
class read_contexts {
 public:
  std::shared_ptr<ssl::context> get(read_files files) COSIO_EXCLUDES(mutex_) {
    for (const std::string* file : {&files.ca_file, &files.certificate_file, &files.key_file})
      files.written.push_back(file->empty() ? 0 : last_written(*file));
    const base::lock_guard lock(mutex_);
    auto& place = known_[files];
    auto found = place.lock();
    if (found) return found;
    std::erase_if(known_, [&](const auto& one) { return one.second.expired() && one.first != files; });
    found = read_context(files);
    known_[std::move(files)] = found;
    return found;
  }

 private:
  base::mutex mutex_;
  std::map<read_files, std::weak_ptr<ssl::context>> known_ COSIO_GUARDED_BY(mutex_);
};

std::shared_ptr<ssl::context> shared_context(const client_tls_options& options) {
  static auto* const all = new read_contexts;  // never destroyed: clients may be made while the process ends
  read_files files{options.ca_file, options.certificate_file, options.key_file, options.key_password};
  return all->get(std::move(files));
}

std::string read_pin(std::string_view text) {
  for (const std::string_view prefix : {"sha256//", "sha256/"})
    if (text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
      break;
    }
  std::string out;
  wire::decode_base64(text, out);
  if (out.size() != SHA256_DIGEST_LENGTH)
    throw error(errc::bad_argument, "tls.pinned_keys has a text that is no SHA-256 in base64");
  return out;
}

struct free_certificate {
  void operator()(X509* one) const noexcept { X509_free(one); }
};

}  // namespace

tls_client::tls_client(const client_tls_options& options, std::string host)
    : context_(shared_context(options)),
      name_(options.server_name.empty() ? std::move(host) : options.server_name),
      verify_(!options.insecure_skip_verification) {
  for (const std::string& one : options.pinned_keys) pins_.push_back(read_pin(one));
}

bool tls_client::prepare(SSL& connection) const {
  SSL_set_alpn_protos(&connection, http_1_1, sizeof(http_1_1) - 1);
  error_code ec;
  boost::asio::ip::make_address(name_, ec);
  const bool is_name = ec.failed();
  if (is_name && SSL_set_tlsext_host_name(&connection, name_.c_str()) != 1) return false;
  SSL_set_verify(&connection, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!verify_) return true;
  if (!is_name) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&connection), name_.c_str()) == 1;
  SSL_set_hostflags(&connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(&connection, name_.c_str()) == 1;
}

bool tls_client::has_pinned_key(const SSL& connection) const {
  if (pins_.empty()) return true;
  const std::unique_ptr<X509, free_certificate> shown(SSL_get1_peer_certificate(&connection));
  if (!shown) return false;
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(shown.get()), &bytes);
  if (size <= 0) return false;
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()));
  OPENSSL_free(bytes);
  return std::find(pins_.begin(), pins_.end(), digest) != pins_.end();
}

std::string tls_client::explain(const SSL& connection, const error_code& ec) const {
  const long result = SSL_get_verify_result(&connection);
  if (!verify_ || result == X509_V_OK) return "the TLS handshake with the server failed: " + ec.message();
  std::string out = "the certificate of the server is refused: ";
  out += X509_verify_cert_error_string(result);
  if (result == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || result == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
      result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
    out += "; name its authority in tls.ca_file";
  return out;
}

}  // namespace cosio::inline v0_2::clients
