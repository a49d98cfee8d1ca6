// Where the load goes: an address, and what every request to it has in common.

#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "inflater.hpp"
#include "tls/context.hpp"

namespace bench {

/// A server, a path and a namespace. Immutable once made; all clients of a run share it.
struct target {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::shared_ptr<tls_context> tls;      // none: plain TCP
  std::shared_ptr<compression> deflate;  // none: not offered
  std::string host;                      // of the Host header
  std::string path = "/socket.io/";      // of the requests, not of the URL: that names the namespace
  std::string query;                     // of the requests, beginning with '&'; may be empty
  std::string headers;                   // more of them, each with its line end
  std::string nsp = "/";
  std::string auth;  // JSON, sent when joining; may be empty

  /// "" in the namespace "/", else its name and a comma: what a packet has behind its type.
  std::string nsp_prefix() const { return nsp == "/" ? std::string() : nsp + ","; }
  /// The head of a request up to its last own line.
  std::string request(std::string_view method, std::string_view transport, std::string_view sid) const;
};

/// Takes "http://host[:port][/namespace][?query]" and looks the host up. "ws://" means the same. "https://" and
/// "wss://" mean TLS, with any certificate of the server.
///
/// @throws std::invalid_argument for anything else; std::runtime_error for a host that nobody knows.
target make_target(std::string_view url);

}  // namespace bench
