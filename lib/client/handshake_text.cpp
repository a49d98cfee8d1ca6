// Reads handshakes.

#include "client/handshake_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdint>

namespace cosio::inline v0_2::clients {
namespace {

namespace json = boost::json;

constexpr std::size_t max_handshake = 64 * 1024;
constexpr std::size_t max_sid = 1'024;
constexpr std::size_t max_upgrades = 16;
constexpr double longest_time = 2'147'483'647.0;  // ms: that of the timers of JavaScript

std::optional<double> number_at(const json::object& in, std::string_view name) {
  const json::value* const found = in.if_contains(name);
  if (found == nullptr || !found->is_number()) return {};
  const double out = found->to_number<double>();
  if (!(out >= 0)) return {};
  return out;
}

std::optional<std::chrono::milliseconds> time_at(const json::object& in, std::string_view name) {
  const auto number = number_at(in, name);
  if (!number) return {};
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(*number, longest_time)));
}

}  // namespace

std::optional<engine_handshake> read_handshake(std::string_view text) {
  if (text.size() > max_handshake) return {};
  boost::system::error_code ec;
  const json::value parsed = json::parse(text, ec);
  const json::object* const object = ec ? nullptr : parsed.if_object();
  const json::value* const sid = object ? object->if_contains("sid") : nullptr;
  if (sid == nullptr || !sid->is_string()) return {};
  const auto& name = sid->get_string();
  const auto interval = time_at(*object, "pingInterval");
  const auto timeout = time_at(*object, "pingTimeout");
  if (name.empty() || name.size() > max_sid || !interval || !timeout) return {};
  engine_handshake out;
  out.sid.assign(name.data(), name.size());
  out.ping_interval = *interval;
  out.ping_timeout = *timeout;
  if (const auto most = number_at(*object, "maxPayload"); most && *most < 1e15)
    out.max_payload = static_cast<std::size_t>(*most);
  const json::value* const upgrades = object->if_contains("upgrades");
  if (upgrades == nullptr || !upgrades->is_array()) return out;
  for (const json::value& one : upgrades->get_array()) {
    if (!one.is_string() || out.upgrades.size() == max_upgrades) continue;
    out.upgrades.emplace_back(one.get_string().data(), one.get_string().size());
  }
  return out;
}

}  // namespace cosio::inline v0_2::clients
