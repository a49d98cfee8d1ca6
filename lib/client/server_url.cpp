// The URL of a server.

#include "client/server_url.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/grammar/lut_chars.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <cosio/error.hpp>

#include <algorithm>

#include "base/port.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace urls = boost::urls;

constexpr std::string_view of_tokens = "!#$%&'*+-.^_`|~";  // beside letters and digits
constexpr std::string_view of_hosts = ".-_:";

[[noreturn]] void refuse(const char* why) { throw error(errc::bad_argument, why); }

bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_secure(std::string_view scheme) {
  if (scheme == "https" || scheme == "wss") return true;
  if (scheme == "http" || scheme == "ws") return false;
  refuse("the URL of a server begins with http://, https://, ws:// or wss://");
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

server_url::server_url(std::string_view url) {
  const auto parsed = urls::parse_uri(url);
  if (parsed.has_error()) refuse("the URL of the server cannot be read; it looks like https://example.com");
  // Boost.URL 1.81 reads what follows the port, and is no number, as a path.
  if (!parsed->encoded_path().empty() && !parsed->is_path_absolute())
    refuse("the URL of the server cannot be read: what follows its port is no path");
  secure = is_secure(lower_case(parsed->scheme()));
  host = lower_case(parsed->host_address());
  if (!is_good_host(host)) refuse("the URL of the server has no host, or one that cannot be resolved");
  port = secure ? 443 : 80;
  if (parsed->has_port() && !parsed->port().empty()) {
    const auto given = base::read_port(std::string(parsed->port()));
    if (!given) refuse("the port in the URL of the server is a number from 1 to 65535");
    port = *given;
  }
  query = std::string(parsed->encoded_query());
  if (!parsed->has_userinfo()) return;
  user = parsed->user();
  password = parsed->password();
}

std::string server_url::host_field() const {
  std::string out = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != (secure ? 443 : 80)) out += ':' + std::to_string(port);
  return out;
}

std::string encode_component(std::string_view text) {
  constexpr auto plain = urls::unreserved_chars + urls::grammar::lut_chars("!*'()");
  return urls::encode(text, plain);
}

std::string request_base(const server_url& server, const engine_client_options& options) {
  const bool sendable =
      std::all_of(options.path.begin(), options.path.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!sendable || options.path.find_first_of("?#") != std::string::npos)
    refuse("options.path of a client has a character that must be percent-encoded");
  std::string out = options.path;
  if (out.empty() || out.front() != '/') out.insert(0, 1, '/');
  if (options.add_trailing_slash && out.back() != '/') out += '/';
  out += '?';
  if (!server.query.empty()) out += server.query + '&';
  for (const auto& [name, value] : options.query) out += encode_component(name) + '=' + encode_component(value) + '&';
  return out;
}

bool is_good_field(std::string_view name, std::string_view value) noexcept {
  const auto is_token = [](char c) { return is_letter_or_digit(c) || of_tokens.find(c) != std::string_view::npos; };
  const auto is_text = [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7F'); };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token) &&
         std::all_of(value.begin(), value.end(), is_text);
}

bool is_good_host(std::string_view host) noexcept {
  const auto is_good = [](char c) { return is_letter_or_digit(c) || of_hosts.find(c) != std::string_view::npos; };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), is_good);
}

}  // namespace cosio::inline v0_2::clients
