// The facts of a client from its first request and its CONNECT.

#include <cosio/handshake.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace cosio::inline v0_2 {

namespace json = boost::json;

namespace {

using parameters = std::vector<std::pair<std::string, std::string>>;

// The parameters of the URL that `more` does not have, then those of `more`: the last of one name counts.
parameters merged_with(const parameters& url, const json::object& more) {
  parameters out;
  for (const auto& parameter : url)
    if (!more.contains(parameter.first)) out.push_back(parameter);
  for (const json::key_value_pair& member : more)
    if (const auto* text = member.value().if_string()) out.emplace_back(member.key(), std::string(*text));
  return out;
}

}  // namespace

std::shared_ptr<const handshake::payload_data> handshake::kept(argument auth, const http::request& request,
                                                               std::shared_ptr<const json::value> eos, payload from) {
  static const auto nothing = std::make_shared<const payload_data>(payload_data{argument(json::object()), {}, nullptr});
  const auto* members = auth.value().if_object();
  if (members != nullptr && members->empty() && !eos) return nothing;
  parameters merged;
  if (from == payload::query && members != nullptr) merged = merged_with(request.queries(), *members);
  return std::make_shared<const payload_data>(payload_data{std::move(auth), std::move(merged), std::move(eos)});
}

std::optional<std::string_view> handshake::merged_query(std::string_view name) const {
  const auto& all = said_->merged;
  const auto found = std::find_if(all.rbegin(), all.rend(), [name](const auto& one) { return one.first == name; });
  return found == all.rend() ? std::nullopt : std::optional<std::string_view>(found->second);
}

handshake::handshake() : said_(kept(argument(json::object()), request_, nullptr, payload::auth)) {}

handshake::handshake(http::request request, std::chrono::system_clock::time_point issued, argument auth,
                     std::shared_ptr<const json::value> eos, payload from)
    : request_(std::move(request)), issued_(issued), said_(kept(std::move(auth), request_, std::move(eos), from)) {}

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
  out["auth"] = auth().value();
  if (said_->eos) out["eos"] = *said_->eos;
  return out;
}

}  // namespace cosio::inline v0_2
