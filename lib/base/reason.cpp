// The texts of reasons.

#include <cosio/reason.hpp>

#include <ostream>

namespace cosio::inline v0_2 {

std::string_view reason::text() const noexcept {
  switch (kind_) {
    case kind::transport_close:
      return "transport close";
    case kind::transport_error:
      return "transport error";
    case kind::ping_timeout:
      return "ping timeout";
    case kind::parse_error:
      return "parse error";
    case kind::forced_close:
      return "forced close";
    case kind::forced_server_close:
      return "forced server close";
    case kind::client_namespace_disconnect:
      return "client namespace disconnect";
    case kind::server_namespace_disconnect:
      return "server namespace disconnect";
    case kind::server_shutting_down:
      return "server shutting down";
    case kind::slow_consumer:
      return "slow consumer";
    case kind::credentials_expired:
      return "credentials expired";
    case kind::rate_limit_exceeded:
      return "rate limit exceeded";
  }
  return "transport close";
}

std::ostream& operator<<(std::ostream& out, const reason& r) { return out << r.text(); }

}  // namespace cosio::inline v0_2
