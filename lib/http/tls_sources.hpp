// The certificates and keys of tls_options, read into an OpenSSL context.
//
//   way in    PEM files, PEM text, PKCS#12 -> use_certificate(), ask_clients() -> SSL_CTX
//
// Nothing is kept: a reload calls these again, with another context.

#pragma once
#include <openssl/types.h>

#include <cosio/http.hpp>

#include <string>

namespace cosio::inline v0_2::http {

/// Throws, with the oldest error of OpenSSL behind `what`, which is the cause of the others.
/// @throws error errc::bad_certificate, always.
[[noreturn]] void refuse_tls(const std::string& what);

/// Gives the context the certificate of the server, its chain and its key.
/// @throws error errc::bad_certificate; the exception of tls_options::ask_key_password.
void use_certificate(SSL_CTX& context, const tls_options& options);

/// Makes the context ask clients for certificates, if the options name authorities.
/// @throws error errc::bad_certificate
void ask_clients(SSL_CTX& context, const tls_options& options);

}  // namespace cosio::inline v0_2::http
