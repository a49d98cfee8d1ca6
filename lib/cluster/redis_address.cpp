// The URL of Redis.

#include "cluster/redis_address.hpp"

#include <boost/url/parse.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/port.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::uint16_t sentinel_port = 26'379;

// Whether a URL looks as if its password had characters that mean something else there.
bool has_raw_credentials(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || url.starts_with("unix:") || url.starts_with("redis+unix:")) return false;
  url.remove_prefix(scheme + 3);
  const std::size_t at = url.rfind('@');
  return at != std::string_view::npos && url.substr(0, at).find_first_of("@/?#%") != std::string_view::npos;
}

[[noreturn]] void refuse(const char* why) { throw error(errc::bad_argument, why); }

unsigned database_of(std::string_view text) {
  unsigned out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc() || end != text.data() + text.size())
    refuse("what follows the host in the URL of Redis is the number of a database");
  return out;
}

boost::urls::url_view parse(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (parsed.has_error()) refuse("the URL of Redis cannot be read; it looks like redis://127.0.0.1:6379");
  // Boost.URL 1.81 reads what follows the port, and is no number, as a path.
  if (!parsed->encoded_path().empty() && !parsed->is_path_absolute())
    refuse("the URL of Redis cannot be read: what follows its port is no path");
  return *parsed;
}

struct parts {
  std::string credentials;  // with the @ behind them
  std::vector<std::string> hosts;
  std::string rest;  // from the first slash on
};

// Boost.URL knows one host only.
parts split(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  std::string_view authority = url.substr(0, end);
  parts out;
  out.rest = url.substr(end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    out.credentials = authority.substr(0, at + 1);
    authority.remove_prefix(at + 1);
  }
  for (;;) {
    const std::size_t comma = authority.find(',');
    out.hosts.emplace_back(authority.substr(0, comma));
    if (out.hosts.back().empty()) refuse("a host is missing in the URL of Redis");
    if (comma == std::string_view::npos) return out;
    authority.remove_prefix(comma + 1);
  }
}

// The host in square brackets is an IPv6 address; host_address() takes them off.
std::string host_of(const boost::urls::url_view& url) {
  const std::string host = url.host_address();
  return host.empty() ? std::string("127.0.0.1") : host;
}

std::uint16_t port_of(const boost::urls::url_view& url, std::uint16_t usual) {
  if (!url.has_port() || url.port().empty()) return usual;
  const auto port = base::read_port(std::string(url.port()));
  if (!port) refuse("the port in the URL of Redis is a number from 1 to 65535");
  return *port;
}

}  // namespace

std::string redis_host::text() const {
  if (host.find(':') != std::string::npos) return "[" + host + "]:" + std::to_string(port);
  return host + ":" + std::to_string(port);
}

redis_address::redis_address(std::string_view url) {
  try {
    read(url);
  } catch (const error& e) {
    if (!has_raw_credentials(url)) throw;
    throw error(
        errc::bad_argument,
        e.detail() + "; in its user and password @ is written as %40, / as %2F, # as %23, ? as %3F and % as %25");
  }
}

void redis_address::read(std::string_view url) {
  std::string_view scheme = url.substr(0, url.find("://"));
  if (scheme.size() == url.size()) refuse("the URL of Redis cannot be read; it looks like redis://127.0.0.1:6379");
  if (scheme == "unix" || scheme == "redis+unix") {
    const boost::urls::url_view parsed = parse(url);
    if (!parsed.host().empty())
      refuse("the URL of a Unix socket of Redis looks like unix:///run/redis/redis.sock?db=0");
    path = parsed.path();
    if (path.size() < 2) refuse("the path is missing in the URL of a Unix socket of Redis");
    user = parsed.user();
    password = parsed.password();
    for (const auto& param : parsed.params())
      if (param.key == "db") database = database_of(param.value);
    return;
  }
  tls = scheme.starts_with("rediss");
  std::string_view way = scheme;
  way.remove_prefix(std::min(way.size(), std::string_view(tls ? "rediss" : "redis").size()));
  if (!scheme.starts_with("redis") || (!way.empty() && way != "+sentinel" && way != "+cluster"))
    refuse(
        "the URL of Redis must begin with redis://, rediss:// (TLS), unix://, redis+sentinel:// or redis+cluster:// "
        "(with TLS: rediss+sentinel://, rediss+cluster://), as redis://127.0.0.1:6379 does");
  if (way == "+sentinel") kind = kinds::sentinel;
  if (way == "+cluster") kind = kinds::cluster;

  const parts all = kind == kinds::single ? parts() : split(url);
  const std::string first =
      kind == kinds::single ? std::string(url) : "redis://" + all.credentials + all.hosts[0] + all.rest;
  const boost::urls::url_view parsed = parse(first);
  host = host_of(parsed);
  const std::uint16_t usual = kind == kinds::sentinel ? sentinel_port : port;
  port = port_of(parsed, usual);
  user = parsed.user();
  password = parsed.password();
  for (const std::string& one : all.hosts) {
    const std::string single = "redis://" + one;
    const boost::urls::url_view read = parse(single);
    hosts.emplace_back(host_of(read), port_of(read, usual));
  }

  std::string behind = parsed.path();
  if (!behind.empty()) behind.erase(0, 1);
  if (kind == kinds::sentinel) {
    const std::size_t slash = behind.find('/');
    master = behind.substr(0, slash);
    if (master.empty())
      refuse("the URL of Sentinels ends with the name of the master: redis+sentinel://host:26379/mymaster");
    behind = slash == std::string::npos ? std::string() : behind.substr(slash + 1);
  }
  if (!behind.empty()) database = database_of(behind);
  if (kind == kinds::cluster && database != 0) refuse("a Redis Cluster has no numbers of databases");
}

redis_address redis_address::at(redis_host where) const {
  redis_address out;
  out.tls = tls;
  out.host = std::move(where.host);
  out.port = where.port;
  out.user = user;
  out.password = password;
  out.database = database;
  return out;
}

std::string redis_address::text() const {
  if (!path.empty()) return path;
  if (kind == kinds::single) return redis_host(host, port).text();
  std::string out;
  for (const redis_host& one : hosts) {
    if (!out.empty()) out += ',';
    out += one.text();
  }
  if (kind == kinds::sentinel) out += '/' + master;
  return out;
}

}  // namespace cosio::inline v0_2::cluster
