// By way of which proxy a server is reached.

#pragma once
#include <cosio/engine_client_options.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/server_url.hpp"

namespace cosio::inline v0_2::clients {

/// @par Threads  A value.
class proxy_address {
 public:
  enum class kinds : std::uint8_t { http, socks5 };

  /// @param url  `http://[user:password@]host[:port]`, `socks5://` or `socks5h://`; without a scheme it is http.
  /// @throws error errc::bad_argument. The text of the URL is not in it: it may contain a password.
  explicit proxy_address(std::string_view url);

  kinds kind = kinds::http;
  std::string host;
  std::uint16_t port = 0;
  std::string user;
  std::string password;
};

/// Reads a variable of the environment; null: it is not set.
using environment = std::function<const char*(const char* name)>;

/// The proxy of the options, or of the environment; nothing: the server is reached directly.
/// @throws error errc::bad_argument for a proxy that cannot be used: to go on without it could break a rule.
std::optional<proxy_address> choose_proxy(const server_url& server, const engine_client_options& options,
                                          const environment& variable);

/// Whether a list as in `no_proxy` names the host: names with all that end with them, addresses, networks with their
/// prefix length, `*`. A port behind a name must be the server's.
bool is_in_no_proxy(std::string_view list, std::string_view host, std::uint16_t port);

}  // namespace cosio::inline v0_2::clients
