// The address of another server.

#include "http/node_terms.hpp"

#include <boost/url/parse.hpp>

#include <cosio/error.hpp>

#include "base/port.hpp"

namespace cosio::inline v0_2::http {
namespace {

bool has_good_port(const boost::urls::url_view& url) {
  const std::string digits = url.port();
  return digits.empty() || base::read_port(digits).has_value();
}

}  // namespace

node_address::node_address(std::string_view url) {
  const std::string shown = "\"" + std::string(url) + "\"";
  const auto parsed = boost::urls::parse_uri(url);
  if (parsed.has_value() && parsed->scheme() == "https")
    throw error(errc::not_supported, "the address " + shown +
                                         " of another server has https: servers reach each other by http only; give "
                                         "them a port for http in a private network");
  const bool good = parsed.has_value() && parsed->scheme() == "http" && !parsed->host_address().empty() &&
                    !parsed->has_userinfo() && !parsed->has_query() && !parsed->has_fragment() &&
                    (parsed->path().empty() || parsed->path() == "/") && has_good_port(*parsed);
  if (!good)
    throw error(errc::bad_argument, "the address " + shown +
                                        " of another server cannot be read: write scheme, host and port, as in "
                                        "\"http://10.0.0.1:3000\"");
  host = parsed->host_address();
  if (parsed->has_port() && !parsed->port().empty()) port = parsed->port_number();
}

std::string node_address::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace cosio::inline v0_2::http
