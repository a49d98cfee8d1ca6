// What a port needs to speak TLS.

#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace cosio::http {

enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

/// Certificates and rules of a TLS port. All files are PEM; they are read by listen() and again by reload_certificates().
struct tls_options {
  std::string certificate_file = {};  ///< the server's certificate, behind it those that lead to the root
  std::string key_file = {};          ///< the private key of the first of them

  std::string key_password = {};                       ///< of an encrypted key
  std::function<std::string()> ask_key_password = {};  ///< asked for it instead, each time the key is read

  tls_version minimum_version = tls_version::tls_1_2;  ///< clients that speak older ones only are refused

  /// Certificates of those who sign clients (mutual TLS): who has no certificate from them is refused. Empty: nobody is asked.
  std::string client_ca_file = {};
};

}  // namespace cosio::http
