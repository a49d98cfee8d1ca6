// The texts of a client's reasons, and the error of a connection that was not made.

#include <cosio/client_reason.hpp>

#include <ostream>

namespace cosio::inline v0_2 {

std::string_view client_reason::text() const noexcept {
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
    case kind::io_server_disconnect:
      return "io server disconnect";
    case kind::io_client_disconnect:
      return "io client disconnect";
  }
  return "transport close";
}

std::ostream& operator<<(std::ostream& out, const client_reason& r) { return out << r.text(); }

connect_error::connect_error(bool refused, std::string message, boost::json::value data)
    : error(errc::disconnected, refused ? "the server refused the socket: see message() and data()" : message),
      refused_(refused),
      message_(std::move(message)),
      data_(std::move(data)) {}

}  // namespace cosio::inline v0_2
