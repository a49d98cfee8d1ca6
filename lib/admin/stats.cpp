// The numbers of the dashboard.

#include "admin/stats.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <unistd.h>

#include <array>

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t a_second = 1'000;
constexpr std::size_t most_aggregates = 256;  // while nothing can be sent

std::string name_of_host() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

packet_text packet_of(std::string_view event, json::object content) {
  json::array list;
  list.emplace_back(json::string(event.begin(), event.end()));
  list.emplace_back(std::move(content));
  packet_text out{std::string(event), {}};
  wire::append_json(out.json, json::value(std::move(list)));
  return out;
}

json::object by_name(const std::vector<counted>& all) {
  json::object out;
  for (const counted& one : all)
    if (one.count != 0) out[one.name] = one.count;
  return out;
}

}  // namespace

std::string default_server_id() { return name_of_host() + "#" + std::to_string(getpid()); }

stats::stats(std::string server_id) : server_id_(std::move(server_id)), host_(name_of_host()) {}

stats::totals stats::totals_of(const metrics& now) {
  totals out;
  out[{"rawConnection", ""}] = now.handshakes_accepted;
  for (const counted& one : now.closed) out[{"rawDisconnection", std::string(one.name)}] = one.count;
  out[{"packetsIn", ""}] = now.packets_received;
  out[{"packetsOut", ""}] = now.packets_sent;
  out[{"bytesIn", ""}] = now.bytes_received;
  out[{"bytesOut", ""}] = now.bytes_sent;
  return out;
}

void stats::begin(const metrics& now) {
  events_.clear();
  before_ = totals_of(now);
}

void stats::add(std::int64_t at, std::string_view type, std::string_view sub_type, std::uint64_t count) {
  if (count == 0 || events_.size() >= most_aggregates) return;
  events_.push_back({at - at % a_second, type, std::string(sub_type), count});
}

void stats::sample(const metrics& now, std::int64_t at) {
  totals after = totals_of(now);
  for (const auto& [kind, count] : after) {
    const auto known = before_.find(kind);
    const std::uint64_t before = known == before_.end() ? 0 : known->second;
    add(at, kind.first, kind.second, count > before ? count - before : 0);
  }
  before_ = std::move(after);
}

packet_text stats::server_stats(const moment& of) {
  json::array aggregated;
  for (const aggregate& one : events_) {
    json::object event;
    event["timestamp"] = one.timestamp;
    event["type"] = one.type;
    if (!one.sub_type.empty()) event["subType"] = one.sub_type;
    event["count"] = one.count;
    aggregated.emplace_back(std::move(event));
  }
  events_.clear();
  json::array namespaces;
  for (const auto& [name, sockets] : of.namespaces) {
    json::object nsp;
    nsp["name"] = name;
    nsp["socketsCount"] = sockets;
    namespaces.emplace_back(std::move(nsp));
  }
  json::object out;
  out["serverId"] = server_id_;
  out["hostname"] = host_;
  out["pid"] = static_cast<std::int64_t>(getpid());
  out["uptime"] = of.uptime;
  out["clientsCount"] = of.now->sessions();
  out["pollingClientsCount"] = of.now->sessions_polling_eio3 + of.now->sessions_polling_eio4;
  out["aggregatedEvents"] = std::move(aggregated);
  out["namespaces"] = std::move(namespaces);
  return packet_of("server_stats", std::move(out));
}

packet_text stats::server_details(const moment& of) const {
  json::object out;
  out["serverId"] = server_id_;
  out["connections"] = of.now->connections;
  out["sessions"] = of.now->sessions();
  out["sockets"] = of.now->sockets;
  out["slowConsumers"] = of.now->slow_consumers();
  out["limits"] = by_name(of.now->limits_hit);
  out["refused"] = by_name(of.now->refused);
  out["closed"] = by_name(of.now->closed);
  out["keptBytes"] = by_name(of.now->kept_bytes);
  out["handlerErrors"] = of.now->handler_errors;
  out["deliveriesDropped"] = of.now->deliveries_dropped;
  out["deliveriesRefused"] = of.now->deliveries_refused;
  out["eventsLeftOut"] = of.left_out;
  return packet_of("server_details", std::move(out));
}

}  // namespace cosio::inline v0_2::admin
