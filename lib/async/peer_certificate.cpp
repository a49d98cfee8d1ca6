// The certificate of a peer, as text: for our own TLS, and for a TLS stream of the application's.

#include "async/peer_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cosio/any_stream.hpp>

#include <cstddef>
#include <memory>
#include <new>

namespace cosio::inline v0_2 {

std::string async::peer_certificate_of(const SSL& connection) {
  X509* const shown = SSL_get0_peer_certificate(&connection);
  if (shown == nullptr || SSL_get_verify_result(&connection) != X509_V_OK) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  if (!text || PEM_write_bio_X509(text.get(), shown) != 1) throw std::bad_alloc();
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string detail::client_certificate_of(const ssl_st& connection) { return async::peer_certificate_of(connection); }

}  // namespace cosio::inline v0_2
