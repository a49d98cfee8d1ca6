// Messages between the servers of a cluster.

#include "cluster/redis_messages.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;

constexpr std::int64_t event_type = 2;               // also for events with binary: MessagePack has binary itself
constexpr std::int64_t max_clients = 1'000'000'000;  // of one server: sums of such numbers do not overflow

// Makes the packet: a map of type, data and nsp.
json::object packet_of(std::string_view nsp, json::value data) {
  json::object packet;
  packet["type"] = event_type;
  packet["data"] = std::move(data);
  packet["nsp"] = nsp;
  return packet;
}

// Reads packet and opts. The name must be a string (or number), as in every event.
bool read_event(const json::value* packet, const json::value* opts, std::vector<binary> attachments,
                travelling_event& into) {
  if (packet == nullptr || !is_number(part_of(*packet, "type"), event_type)) return false;
  const json::value* data = part_of(*packet, "data");
  if (data == nullptr || !data->is_array() || data->get_array().empty()) return false;
  auto name = name_part(data->get_array().front());
  auto to = read_opts(opts);
  if (!name || !to || !names_all(*data, attachments.size())) return false;
  if (const json::value* nsp = part_of(*packet, "nsp")) {
    auto text = text_part(nsp);
    if (!text) return false;
    into.nsp = std::move(*text);
  }
  std::string text;
  wire::append_json(text, *data);
  into.name = std::move(*name);
  into.data = event_data(std::move(text), std::move(attachments));
  into.to = std::move(*to);
  return true;
}

}  // namespace

std::optional<request_type> type_of(const json::object& request) {
  const auto number = number_of(request, "type");
  if (!number || *number < 0 || *number > static_cast<std::int64_t>(request_type::broadcast_ack)) return std::nullopt;
  return static_cast<request_type>(*number);
}

namespace {

// Before version 4.0: one socket, and one room.
std::optional<change_request> read_old_change(const json::object& request, bool disconnects) {
  auto sid = text_of(request, "sid");
  auto room = text_of(request, "room");
  if (!sid || sid->empty() || !room || (room->empty() && !disconnects)) return std::nullopt;
  change_request out;
  out.is_old = true;
  out.to.everybody = false;
  out.to.rooms.push_back(std::move(*sid));
  if (!disconnects) out.rooms.push_back(std::move(*room));
  return out;
}

std::optional<change_request> read_new_change(const json::object& request, bool disconnects) {
  auto to = read_opts(request.if_contains("opts"));
  if (!to) return std::nullopt;
  change_request out;
  out.to = std::move(*to);
  if (disconnects) return out;
  auto rooms = read_names(request.if_contains("rooms"));
  if (!rooms) return std::nullopt;
  out.rooms = std::move(*rooms);
  return out;
}

}  // namespace

std::optional<change_request> read_change(const json::object& request, request_type type) {
  const bool disconnects = type == request_type::remote_disconnect;
  const auto close = flag_of(request, "close");
  if (!close) return std::nullopt;
  auto out = request.contains("opts") ? read_new_change(request, disconnects) : read_old_change(request, disconnects);
  if (out) out->close = *close;
  return out;
}

std::optional<std::size_t> client_count_of(const json::object& response) {
  const auto number = number_of(response, "clientCount");
  if (!number || *number < 0 || *number > max_clients) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

std::string write_broadcast(std::string_view uid, std::string_view nsp, const event_data& event, const target& to) {
  json::array whole;
  whole.emplace_back(uid);
  whole.emplace_back(packet_of(nsp, parsed(event)));
  whole.emplace_back(write_opts(to));
  return wire::write_msgpack_value(json::value(std::move(whole)), carrier(event));
}

std::optional<travelling_event> read_broadcast(std::string_view message) {
  auto got = read_value(message);
  if (!got) return std::nullopt;
  const auto* whole = got->data.if_array();
  if (whole == nullptr || whole->size() < 3) return std::nullopt;
  travelling_event event;
  auto uid = text_part(&(*whole)[0]);
  if (!uid || !read_event(&(*whole)[1], &(*whole)[2], std::move(got->attachments), event)) return std::nullopt;
  event.uid = std::move(*uid);
  return event;
}

std::string write_broadcast_request(std::string_view uid, std::string_view request_id, std::string_view nsp,
                                    const event_data& event, const target& to) {
  json::object request;
  request["uid"] = uid;
  request["requestId"] = request_id;
  request["type"] = static_cast<std::int64_t>(request_type::broadcast);
  request["packet"] = packet_of(nsp, parsed(event));
  request["opts"] = write_opts(to);
  return wire::write_msgpack_value(json::value(std::move(request)), carrier(event));
}

std::optional<travelling_event> read_broadcast_request(std::string_view message) {
  auto got = read_value(message);
  if (!got || !is_number(part_of(got->data, "type"), static_cast<std::int64_t>(request_type::broadcast)))
    return std::nullopt;
  travelling_event event;
  auto uid = text_part(part_of(got->data, "uid"));
  auto id = text_part(part_of(got->data, "requestId"));
  if (!uid || !id || id->empty()) return std::nullopt;
  event.uid = std::move(*uid);
  event.request_id = std::move(*id);
  if (!read_event(part_of(got->data, "packet"), part_of(got->data, "opts"), std::move(got->attachments), event))
    return std::nullopt;
  return event;
}

std::string write_broadcast_ack(std::string_view request_id, const arguments& answer) {
  json::object response;
  response["type"] = static_cast<std::int64_t>(request_type::broadcast_ack);
  response["requestId"] = request_id;
  response["packet"] = answer[0];
  parser::packet from;
  from.attachments = answer.attachments();
  return wire::write_msgpack_value(json::value(std::move(response)), from);
}

std::optional<std::pair<std::string, arguments>> read_broadcast_ack(std::string_view message) {
  auto got = read_value(message);
  if (!got || !is_number(part_of(got->data, "type"), static_cast<std::int64_t>(request_type::broadcast_ack)))
    return std::nullopt;
  auto id = text_part(part_of(got->data, "requestId"));
  if (!id || id->empty()) return std::nullopt;
  json::array values;
  if (const json::value* first = part_of(got->data, "packet")) values.push_back(*first);
  return std::pair(std::move(*id), arguments(std::move(values), std::move(got->attachments)));
}

}  // namespace cosio::inline v0_2::cluster
