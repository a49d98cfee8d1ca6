// The URL of a server, and the targets of requests to it.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cosio/engine_client_options.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::clients {

/// @par Threads  A value.
class server_url {
 public:
  /// @param url  http, https, ws or wss. Its path and fragment are not used.
  /// @throws error errc::bad_argument.
  explicit server_url(std::string_view url);

  /// The field Host: without a port that is the scheme's own.
  std::string host_field() const;

  bool secure = false;
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 0;
  std::string query;  ///< encoded, without the question mark
  std::string user;   ///< decoded, as the password
  std::string password;
};

/// The path and query that all requests begin with; it ends so that `name=value` can be appended.
/// @throws error errc::bad_argument for a path that cannot be sent.
std::string request_base(const server_url& server, const engine_client_options& options);

/// Encoded as encodeURIComponent() does.
std::string encode_component(std::string_view text);

/// Whether a field can be sent as it is: a token, and a value without control characters.
bool is_good_field(std::string_view name, std::string_view value) noexcept;

/// Letters, digits, and what else a host's name or address has.
bool is_good_host(std::string_view host) noexcept;

}  // namespace cosio::inline v0_2::clients
