// The facts of a client from its first request and its CONNECT.

#include <cosio/handshake.hpp>

#include <array>
#include <ctime>
#include <utility>

namespace cosio {

namespace json = boost::json;

namespace {

// Most clients send none, and there are many clients.
std::shared_ptr<const json::value> kept(json::value auth) {
  static const auto nothing = std::make_shared<const json::value>(json::object());
  const auto* sent = auth.if_object();
  return sent != nullptr && sent->empty() ? nothing : std::make_shared<const json::value>(std::move(auth));
}

}  // namespace

handshake::handshake() : auth_(kept(json::object())) {}

handshake::handshake(http::request request, std::chrono::system_clock::time_point issued, json::value auth,
                     std::shared_ptr<const json::value> eos)
    : request_(std::move(request)), issued_(issued), auth_(kept(std::move(auth))), eos_(std::move(eos)) {}

std::string handshake::time() const {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(issued_);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 80> text{};
  const std::size_t n =
      std::strftime(text.data(), text.size(), "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", &utc);
  return std::string(text.data(), n);
}

json::object handshake::to_json() const {
  json::object headers_json;
  for (const auto& [name, value] : headers()) headers_json[name] = value;
  json::object query_json;
  for (const auto& [name, value] : queries()) query_json[name] = value;  // the last wins
  json::object out;
  out["headers"] = std::move(headers_json);
  out["time"] = time();
  out["address"] = address();
  out["xdomain"] = xdomain();
  out["secure"] = secure();
  out["issued"] = std::chrono::duration_cast<std::chrono::milliseconds>(issued_.time_since_epoch()).count();
  out["url"] = url();
  out["query"] = std::move(query_json);
  out["auth"] = auth();
  if (eos_) out["eos"] = *eos_;
  return out;
}

}  // namespace cosio
