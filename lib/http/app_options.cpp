// Checks of the options of <cosio/http.hpp>, and the address that they make.

#include <cosio/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/option_rules.hpp"

namespace cosio::inline v0_2::http {
namespace {

// More than any machine has processors for. A negative number that became unsigned is far above.
constexpr std::size_t most_threads = 1'024;

}  // namespace

void validate(const app_options& options) {
  using namespace std::chrono_literals;
  if (options.host.empty()) base::refuse_option("host", "empty", "\"0.0.0.0\", \"::\", or an address of this machine");
  for (const int one : options.sockets)
    if (one < 0)
      base::refuse_option("sockets", "a negative number", "descriptors of sockets that listen: inherited_sockets()");
  base::require_number("threads", options.threads, 0, most_threads);
  base::require_number("max_body", options.max_body, 1);
  base::require_number("max_head", options.max_head, 1);
  base::require_number("max_headers", options.max_headers, 1);
  base::require_time("head_timeout", options.head_timeout, 1ms);
  base::require_time("body_timeout", options.body_timeout, 1ms);
  base::require_time("idle_timeout", options.idle_timeout, 1ms);
}

std::string authority(std::string_view host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  std::string out;
  out.append(is_ipv6 ? "[" : "").append(host).append(is_ipv6 ? "]:" : ":");
  return out + std::to_string(port);
}

}  // namespace cosio::inline v0_2::http
