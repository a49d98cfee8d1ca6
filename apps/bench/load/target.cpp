// URLs as the reference client reads them: the path is the namespace.

#include "target.hpp"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace bench {
namespace {

// Takes off the front of `text` what is before the first of `ends`.
std::string take_until(std::string_view& text, std::string_view ends) {
  const auto at = std::min(text.find_first_of(ends), text.size());
  std::string taken(text.substr(0, at));
  text.remove_prefix(at);
  return taken;
}

// Takes the scheme off. @return whether it means TLS.
bool take_scheme(std::string_view& url) {
  struct row {
    std::string_view scheme;
    bool secure;
  };
  for (const row& r : {row{"http://", false}, row{"ws://", false}, row{"https://", true}, row{"wss://", true}}) {
    if (!url.starts_with(r.scheme)) continue;
    url.remove_prefix(r.scheme.size());
    return r.secure;
  }
  throw std::invalid_argument("not a URL: '" + std::string(url) + "'; it begins with http:// or https://");
}

void look_up(const std::string& name, const std::string& port, target& out) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(name.c_str(), port.c_str(), &wanted, &found);
  if (problem != 0) throw std::runtime_error(name + ":" + port + ": " + gai_strerror(problem));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  std::memcpy(&out.address, list->ai_addr, list->ai_addrlen);
  out.address_size = list->ai_addrlen;
}

// "[::1]:3000" or "example.org:3000" or either without a port.
void look_up(const std::string& authority, bool secure, target& out) {
  const bool bracketed = authority.starts_with('[');
  const auto end = bracketed ? authority.find(']') : authority.find(':');
  const auto colon = bracketed && end != std::string::npos ? end + 1 : end;
  const std::string name = authority.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  const bool has_port = colon < authority.size() && authority[colon] == ':';
  if (name.empty()) throw std::invalid_argument("a URL without a host");
  look_up(name, has_port ? authority.substr(colon + 1) : secure ? "443" : "80", out);
  if (secure) out.tls = std::make_shared<tls_context>(name);
  out.host = authority;
}

}  // namespace

std::string target::request(std::string_view method, std::string_view transport, std::string_view sid) const {
  std::string out(method);
  out.append(" ").append(path).append("?EIO=4&transport=").append(transport);
  if (!sid.empty()) out.append("&sid=").append(sid);
  out.append(query).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n").append(headers);
  return out;
}

target make_target(std::string_view url) {
  target out;
  const bool secure = take_scheme(url);
  look_up(take_until(url, "/?#"), secure, out);
  if (const std::string path = take_until(url, "?#"); !path.empty()) out.nsp = path;
  if (url.starts_with('?')) {
    url.remove_prefix(1);
    if (const std::string query = take_until(url, "#"); !query.empty()) out.query = "&" + query;
  }
  return out;
}

}  // namespace bench
