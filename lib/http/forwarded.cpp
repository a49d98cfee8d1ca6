// The client's address behind proxies.

#include "http/forwarded.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <cosio/error.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/option_rules.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::http {
namespace {

namespace ip = boost::asio::ip;
using bytes = ip::address_v6::bytes_type;

constexpr unsigned all_bits = 128;
constexpr unsigned mapped_bits = 96;  // bits in front of an IPv4 address in ::ffff:a.b.c.d

std::optional<ip::address> parse(std::string_view text) {
  boost::system::error_code ec;
  ip::address found = ip::make_address(std::string(text), ec);
  if (ec) return std::nullopt;
  if (found.is_v6() && found.to_v6().is_v4_mapped()) found = ip::make_address_v4(ip::v4_mapped, found.to_v6());
  return found;
}

bytes bytes_of(const ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

bool same_prefix(const bytes& a, const bytes& b, unsigned bits) noexcept {
  for (unsigned i = 0; i < bits; ++i)
    if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1U) != 0) return false;
  return true;
}

// Parses one hop as proxies write it: an address, perhaps with a port, perhaps in quotes (`1.2.3.4:80`, `"[::1]:80"`).
std::optional<ip::address> parse_hop(std::string_view hop) {
  hop = trimmed(hop);
  if (hop.size() >= 2 && hop.front() == '"' && hop.back() == '"') hop = hop.substr(1, hop.size() - 2);
  if (hop.starts_with('['))
    return parse(hop.substr(1, hop.find(']') == std::string_view::npos ? 0 : hop.find(']') - 1));
  if (std::count(hop.begin(), hop.end(), ':') == 1) hop = hop.substr(0, hop.find(':'));
  return parse(hop);
}

// The value of `for` in one element of Forwarded (`for=1.2.3.4;proto=https`). Empty when there is none.
std::string_view for_of(std::string_view element) {
  while (!element.empty()) {
    const std::string_view pair = trimmed(element.substr(0, element.find(';')));
    element.remove_prefix(
        std::min(element.size(), element.find(';') == std::string_view::npos ? element.size() : element.find(';') + 1));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && same_name(pair.substr(0, equals), "for")) return pair.substr(equals + 1);
  }
  return {};
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= list.size();) {
    const auto comma = std::min(list.find(',', at), list.size());
    out.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

}  // namespace

trusted_proxies::trusted_proxies(const std::vector<std::string>& list, std::string_view header)
    : standard_(same_name(header, "Forwarded")) {
  if (!standard_ && !same_name(header, "X-Forwarded-For"))
    base::refuse_option("proxy_header", "\"" + std::string(header) + "\"", "\"X-Forwarded-For\" or \"Forwarded\"");
  for (const std::string& entry : list) {
    const auto slash = entry.find('/');
    const auto address = parse(std::string_view(entry).substr(0, slash));
    const unsigned most = address && address->is_v6() ? all_bits : all_bits - mapped_bits;
    unsigned bits = most;
    bool good = address.has_value();
    if (good && slash != std::string::npos) {
      const char* const end = entry.data() + entry.size();
      const auto [stopped, ec] = std::from_chars(entry.data() + slash + 1, end, bits);
      good = ec == std::errc() && stopped == end && bits <= most;
    }
    if (!good)
      base::refuse_option("trusted_proxies", "{\"" + entry + "\"}",
                          R"(addresses and networks, such as {"10.1.2.3"} or {"10.0.0.0/8"})");
    networks_.push_back({bytes_of(*address), address->is_v6() ? bits : bits + mapped_bits});
  }
}

bool trusted_proxies::trusts(std::string_view address) const {
  const auto parsed = parse(address);
  if (!parsed) return false;
  const bytes all = bytes_of(*parsed);
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const network& n) { return same_prefix(all, n.prefix, n.bits); });
}

std::string trusted_proxies::client_of(const request& asked) const {
  std::string client(asked.remote_address());
  if (!trusts(client)) return client;
  const std::string header = asked.header(standard_ ? "forwarded" : "x-forwarded-for");
  const auto hops = split(header);
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const auto address = parse_hop(standard_ ? for_of(*hop) : *hop);
    if (!address) break;
    client = address->to_string();
    if (!trusts(client)) break;
  }
  return client;
}

// A certificate on a connection of a proxy is the proxy's: it would make every client a trusted one, also where the
// header does not tell who the client is.
request trusted_proxies::seen_through(const request& asked) const {
  const std::string client = client_of(asked);
  const bool is_shown_by_proxy = !asked.client_certificate().empty() && trusts(asked.remote_address());
  if (client == asked.remote_address() && !is_shown_by_proxy) return asked;
  auto seen = std::make_shared<request_data>();
  seen->copy_head(*asked.data());
  seen->set_remote_address(client);
  return request(std::move(seen));
}

}  // namespace cosio::inline v0_2::http
