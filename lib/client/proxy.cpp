// The choice of a proxy.

#include "client/proxy.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url/parse.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <string>

#include "base/port.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

[[noreturn]] void refuse_proxy(const char* why) { throw error(errc::bad_argument, why); }

std::optional<ip::address> address_of(std::string_view text) {
  error_code ec;
  const auto found = ip::make_address(std::string(text), ec);
  if (ec) return {};
  return found;
}

bool is_in_network(std::string_view network, const ip::address& host) {
  error_code ec;
  if (host.is_v4()) {
    const auto net = ip::make_network_v4(std::string(network), ec);
    return !ec && ip::network_v4(host.to_v4(), net.prefix_length()).canonical() == net.canonical();
  }
  const auto net = ip::make_network_v6(std::string(network), ec);
  return !ec && ip::network_v6(host.to_v6(), net.prefix_length()).canonical() == net.canonical();
}

bool ends_with_name(std::string_view host, std::string_view name) {
  if (host == name) return true;
  return host.size() > name.size() && host.ends_with(name) && host[host.size() - name.size() - 1] == '.';
}

bool is_named(std::string entry, std::string_view host, std::uint16_t port) {
  std::transform(entry.begin(), entry.end(), entry.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (entry == "*") return true;
  if (const auto address = address_of(host)) {
    const auto other = address_of(entry);
    if (other) return *other == *address;
    if (entry.find('/') != std::string::npos) return is_in_network(entry, *address);
  }
  if (const std::size_t colon = entry.rfind(':'); colon != std::string::npos && entry.find(':') == colon) {
    if (entry.substr(colon + 1) != std::to_string(port)) return false;
    entry.resize(colon);
  }
  if (entry.starts_with("*.")) entry.erase(0, 1);
  if (entry.starts_with('.')) entry.erase(0, 1);
  return !entry.empty() && ends_with_name(host, entry);
}

bool is_loopback(std::string_view host) {
  if (ends_with_name(host, "localhost")) return true;
  const auto address = address_of(host);
  return address && address->is_loopback();
}

// An upper-case HTTP_PROXY is not read: in a CGI program a client can set it.
std::string proxy_in(const environment& variable, bool secure) {
  static constexpr const char* for_secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  static constexpr const char* for_plain[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
  const auto first = [&variable](const auto& names) -> std::string {
    for (const char* name : names)
      if (const char* const value = variable(name); value != nullptr && *value != '\0') return value;
    return {};
  };
  return secure ? first(for_secure) : first(for_plain);
}

}  // namespace

proxy_address::proxy_address(std::string_view url) {
  std::string text(url);
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  const auto parsed = boost::urls::parse_uri(text);
  if (parsed.has_error()) refuse_proxy("the URL of the proxy cannot be read; it looks like http://127.0.0.1:3128");
  const std::string_view scheme = parsed->scheme();
  if (scheme == "socks5" || scheme == "socks5h") {
    kind = kinds::socks5;
  } else if (scheme != "http") {
    refuse_proxy("the URL of a proxy begins with http:// or socks5://");
  }
  host = parsed->host_address();
  if (!is_good_host(host)) refuse_proxy("the URL of the proxy has no host, or one that cannot be resolved");
  port = kind == kinds::http ? 80 : 1080;
  if (parsed->has_port() && !parsed->port().empty()) {
    const auto given = base::read_port(std::string(parsed->port()));
    if (!given) refuse_proxy("the port in the URL of the proxy is a number from 1 to 65535");
    port = *given;
  }
  if (!parsed->has_userinfo()) return;
  user = parsed->user();
  password = parsed->password();
  if (kind == kinds::socks5 && (user.empty() || user.size() > 255 || password.empty() || password.size() > 255))
    refuse_proxy("the user and the password of a SOCKS5 proxy have 1 to 255 bytes each");
}

bool is_in_no_proxy(std::string_view list, std::string_view host, std::uint16_t port) {
  constexpr std::string_view between = ", \t";
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(between), list.size());
    if (is_named(std::string(list.substr(0, end)), host, port)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::optional<proxy_address> choose_proxy(const server_url& server, const engine_client_options& options,
                                          const environment& variable) {
  if (!options.proxy.empty()) return proxy_address(options.proxy);
  if (!options.proxy_from_environment || is_loopback(server.host)) return {};
  const std::string found = proxy_in(variable, server.secure);
  if (found.empty()) return {};
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    const char* const list = variable(name);
    if (list != nullptr && is_in_no_proxy(list, server.host, server.port)) return {};
  }
  return proxy_address(found);
}

}  // namespace cosio::inline v0_2::clients
