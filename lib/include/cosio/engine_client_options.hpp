// How a client reaches its server: transports, proxies, TLS, limits. The options of a Socket.IO client contain them.

#pragma once
#include <cosio/version.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// Whom a client trusts, and what it shows of itself. By default a server needs a certificate of an authority that
/// the system trusts, with the host's name in it.
/// @par Threads  A value.
struct client_tls_options {
  /// A file with certificates of authorities, as PEM text. It takes the place of the system's.
  std::string ca_file = {};
  /// The client's own certificate with its chain, as PEM text, and its key. Both or none.
  std::string certificate_file = {};
  std::string key_file = {};
  /// The password of an encrypted key.
  std::string key_password = {};
  /// SHA-256 of public keys (SubjectPublicKeyInfo) in base64, as in `sha256//…` of curl; the prefix may be left out.
  /// One of them must be the key of the server's certificate, beside all other checks.
  std::vector<std::string> pinned_keys = {};
  /// The name that the certificate must have and that SNI tells the server; empty: the host of the URL.
  std::string server_name = {};
  /// Takes any certificate: anybody on the way can read and change everything. For tests only. Pins still hold.
  bool insecure_skip_verification = false;
};

/// The way to a server, and the limits of a connection. The defaults are those of the JavaScript client.
/// @par Threads  A value.
struct engine_client_options {
  using fields = std::vector<std::pair<std::string, std::string>>;

  /// Where the server is, on its host. The path of the URL names a namespace, and is not used for this.
  std::string path = "/socket.io";
  /// Whether the path is sent with a `/` at its end.
  bool add_trailing_slash = true;
  /// Parameters of every request, behind those of the URL.
  fields query = {};
  /// Fields of every request: `{{"authorization", "Bearer …"}}`.
  fields extra_headers = {};

  /// The transports in the order in which they are tried: "polling", "websocket".
  std::vector<std::string> transports = {"polling", "websocket"};
  /// Whether a connection that began with polling changes to WebSocket when the server offers it.
  bool upgrade = true;
  /// Whether a connection begins with WebSocket when the last one has reached it.
  bool remember_upgrade = false;
  /// Whether the next transport is tried when the first cannot connect.
  bool try_all_transports = false;
  /// Whether cookies of the server are sent back to it.
  bool with_credentials = false;
  /// Revision of the Engine.IO protocol: 4, or 3 for servers of Socket.IO 2.
  int revision = 4;

  /// From the first step of a connection to the server's handshake.
  std::chrono::milliseconds connect_timeout{20'000};
  /// How long close() waits until the last packets are written.
  std::chrono::milliseconds close_timeout{2'000};
  /// Between the first attempts with two addresses of one host (RFC 8305).
  std::chrono::milliseconds address_delay{250};

  /// Whether permessage-deflate is offered for WebSocket, and from how many bytes on a message is compressed.
  bool per_message_deflate = true;
  std::size_t deflate_threshold = 1'024;

  /// The most bytes of a message that the server sends, inflated, and of a body of polling. Above: the connection ends
  /// with `transport error`.
  std::size_t max_message_bytes = std::size_t{100} * 1024 * 1024;

  /// `http://[user:password@]host[:port]` (CONNECT) or `socks5://[user:password@]host[:port]`. The proxy resolves the
  /// server's name. Empty: see proxy_from_environment.
  std::string proxy = {};
  /// Whether `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` are read, in lower case, or HTTPS_PROXY, ALL_PROXY
  /// and NO_PROXY. Loopback addresses are never reached by way of these.
  bool proxy_from_environment = true;

  /// For `https` and `wss`.
  client_tls_options tls = {};
};

}  // namespace cosio::inline v0_2
