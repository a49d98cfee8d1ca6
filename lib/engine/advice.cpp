// Refusals that a developer should know of, and the change that would help.

#include "engine/advice.hpp"

#include <cosio/error.hpp>
#include <cosio/origins.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/log_text.hpp"
#include "engine/handshake.hpp"

namespace cosio::inline v0_2::engine {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& one : names) all += (all.empty() ? "" : ", ") + one;
  return all;
}

// The origin of the page: of a script it is found in other headers. Empty for a client that is no page.
std::string origin_of(const http::request& request) {
  if (const auto page = jsonp_page(request)) return page->header("origin");
  return request.header("origin");
}

// No code is made of an origin that would allow others: one with a "*". Nor of one with characters that would have to
// be escaped.
bool can_be_listed(std::string_view origin) noexcept {
  const auto fine = [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '*'; };
  return !origin.empty() && std::all_of(origin.begin(), origin.end(), fine);
}

std::string origin_advice(const std::string& origin, bool has_list) {
  const std::string before = std::string("options.origins = {") + (has_list ? "…, " : "");
  if (origin == "null")
    return "the page is a file, or in a frame with sandbox: let an HTTP server serve it; " + before +
           "\"null\"}; lets in every such page of anybody";
  if (!can_be_listed(origin)) return {};
  try {
    const origin_policy would_be(origin);
  } catch (const error&) {  // no page of a browser has it
    return {};
  }
  return before + "\"" + origin + "\"};";
}

std::string protocol_advice(const std::string& version, const engine_options& settings) {
  if (version == "3") return "options.allow_eio3 = true; lets clients of Socket.IO 2 in, or they need a newer client";
  const std::string spoken = settings.allow_eio3 ? "EIO=4 and EIO=3" : "EIO=4";
  return (version.empty() ? "the query has no `EIO`" : "the query says EIO=" + base::quoted(version)) +
         ": this server speaks " + spoken;
}

std::string transport_advice(const std::string& name, const engine_options& settings) {
  if (name.empty()) return "the query has no `transport`: this path is for clients of Engine.IO and Socket.IO";
  if (name == "polling" || name == "websocket")
    return "the client wants " + base::quoted(name) + ": add it to options.transports, or let the client use " +
           listed(settings.transports);
  return "the client wants " + base::quoted(name) + ", which this server does not have: let it use " +
         listed(settings.transports);
}

}  // namespace

std::optional<wanted_change> change_for(const refused& why, const http::request& request) {
  const auto first = [&request](std::string_view name) { return base::shortened(request.query(name).value_or("")); };
  constexpr std::size_t most = 200;  // bytes of an origin
  if (why.kind == refusal_kind::transport_unknown) return wanted_change{base::remark::transport, first("transport")};
  if (why.kind == refusal_kind::unsupported_protocol_version)
    return wanted_change{base::remark::protocol, first("EIO")};
  if (why.kind == refusal_kind::origin_not_listed)
    return wanted_change{base::remark::origin, base::shortened(origin_of(request), most)};
  return std::nullopt;
}

std::string advice_for(const wanted_change& change, const engine_options& settings, bool has_list) {
  if (change.kind == base::remark::origin) return origin_advice(change.subject, has_list);
  if (change.kind == base::remark::protocol) return protocol_advice(change.subject, settings);
  return transport_advice(change.subject, settings);
}

}  // namespace cosio::inline v0_2::engine
