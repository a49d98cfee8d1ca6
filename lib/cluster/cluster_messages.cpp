// Messages of a cluster adapter <-> JSON text or MessagePack.

#include "cluster/cluster_messages.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "cluster/message_parts.hpp"
#include "cluster/redis_fields.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2 {
namespace cluster {
namespace {

namespace json = boost::json;

constexpr std::int64_t packet_event = 2;  // also for events with binary, as between servers of Node
constexpr std::size_t max_id = 256;       // bytes of an id of a server or request
constexpr std::int64_t most_clients = 1'000'000'000;

// ---------------------------------------------------------------- writing

json::object packet_with(const event_data& event) {
  json::object packet;
  packet["type"] = packet_event;
  packet["data"] = parsed(event);
  return packet;
}

// The value of an answer, if there is one.
void put_answer(json::object& into, const event_data& answer) {
  json::value list = parsed(answer);
  auto* values = list.if_array();
  if (values != nullptr && !values->empty()) into["packet"] = std::move(values->front());
}

// The members in the order in which servers of Node write them.
json::object data_of(const cluster_message& message) {
  json::object data;
  switch (message.type) {
    case message_type::initial_heartbeat:
    case message_type::heartbeat:
    case message_type::adapter_close:
      break;
    case message_type::broadcast:
      data["packet"] = packet_with(message.event);
      if (!message.request_id.empty()) data["requestId"] = message.request_id;
      data["opts"] = write_opts(message.to);
      break;
    case message_type::sockets_join:
    case message_type::sockets_leave:
      data["opts"] = write_opts(message.to);
      data["rooms"] = names_for_others(message.rooms);
      break;
    case message_type::disconnect_sockets:
      data["opts"] = write_opts(message.to);
      data["close"] = message.close;
      break;
    case message_type::fetch_sockets:
      data["opts"] = write_opts(message.to);
      data["requestId"] = message.request_id;
      break;
    case message_type::fetch_sockets_response:
      data["requestId"] = message.request_id;
      data["sockets"] = write_sockets(message.sockets);
      break;
    case message_type::server_side_emit:
      if (!message.request_id.empty()) data["requestId"] = message.request_id;
      data["packet"] = parsed(message.event);
      break;
    case message_type::server_side_emit_response:
    case message_type::broadcast_ack:
      data["requestId"] = message.request_id;
      put_answer(data, message.event);
      break;
    case message_type::broadcast_client_count:
      data["requestId"] = message.request_id;
      data["clientCount"] = message.client_count;
      break;
  }
  return data;
}

bool has_data(message_type type) {
  return type != message_type::initial_heartbeat && type != message_type::heartbeat &&
         type != message_type::adapter_close;
}

// ---------------------------------------------------------------- reading

bool read_id(const json::value* from, std::string& into) {
  const auto* text = from != nullptr ? from->if_string() : nullptr;
  if (text == nullptr || text->empty() || text->size() > max_id) return false;
  into.assign(text->data(), text->size());
  return true;
}

bool read_request_id(const json::value& data, cluster_message& into) {
  return read_id(part_of(data, "requestId"), into.request_id);
}

// A request id may be missing where nobody waits for an answer.
bool read_optional_request_id(const json::value& data, cluster_message& into) {
  return part_of(data, "requestId") == nullptr || read_request_id(data, into);
}

bool read_target(const json::value& data, cluster_message& into) {
  auto to = read_opts(part_of(data, "opts"));
  if (!to) return false;
  into.to = std::move(*to);
  return true;
}

bool put_event(const json::value& event, std::vector<binary> attachments, cluster_message& into) {
  if (!names_all(event, attachments.size())) return false;
  into.event = event_data(serialized(event), std::move(attachments));
  return true;
}

bool take_event(const json::value* event, std::vector<binary> attachments, cluster_message& into) {
  return event != nullptr && name_of_event(*event) && put_event(*event, std::move(attachments), into);
}

bool read_answer(const json::value& data, std::vector<binary> attachments, cluster_message& into) {
  json::array list;
  if (const json::value* first = part_of(data, "packet")) list.push_back(*first);
  return put_event(json::value(std::move(list)), std::move(attachments), into);
}

bool read_packet(const json::value& data, std::vector<binary> attachments, cluster_message& into) {
  const json::value* packet = part_of(data, "packet");
  return packet != nullptr && is_number(part_of(*packet, "type"), packet_event) &&
         take_event(part_of(*packet, "data"), std::move(attachments), into);
}

bool read_rooms(const json::value& data, cluster_message& into) {
  auto rooms = read_names(part_of(data, "rooms"));
  if (!rooms) return false;
  into.rooms = std::move(*rooms);
  return true;
}

bool read_close(const json::value& data, cluster_message& into) {
  const json::value* close = part_of(data, "close");
  if (close == nullptr) return true;
  if (!close->is_bool()) return false;
  into.close = close->get_bool();
  return true;
}

bool read_count(const json::value& data, cluster_message& into) {
  const json::value* count = part_of(data, "clientCount");
  if (count == nullptr || !count->is_int64() || count->get_int64() < 0 || count->get_int64() > most_clients)
    return false;
  into.client_count = static_cast<std::uint64_t>(count->get_int64());
  return true;
}

// With binary as Node's JSON.stringify() writes it.
bool take_descriptions(const json::value& data, const std::vector<binary>& attachments, cluster_message& into) {
  const json::value* list = part_of(data, "sockets");
  if (list == nullptr || !names_all(*list, attachments.size())) return false;
  std::size_t bytes = 0;
  for (const binary& one : attachments) bytes += one.size();
  if (bytes > max_described_binary) return false;
  json::value replaced;
  if (!attachments.empty()) {
    replaced = *list;
    replace_binary(replaced, attachments);
    list = &replaced;
  }
  auto sockets = read_sockets(*list);
  if (!sockets) return false;
  into.sockets = std::move(*sockets);
  return true;
}

bool read_data(const json::value& data, std::vector<binary> attachments, cluster_message& into) {
  const bool has_binary = !attachments.empty();
  switch (into.type) {
    case message_type::initial_heartbeat:
    case message_type::heartbeat:
    case message_type::adapter_close:
      return !has_binary;
    case message_type::broadcast:
      return read_optional_request_id(data, into) && read_target(data, into) &&
             read_packet(data, std::move(attachments), into);
    case message_type::sockets_join:
    case message_type::sockets_leave:
      return !has_binary && read_target(data, into) && read_rooms(data, into);
    case message_type::disconnect_sockets:
      return !has_binary && read_target(data, into) && read_close(data, into);
    case message_type::fetch_sockets:
      return !has_binary && read_request_id(data, into) && read_target(data, into);
    case message_type::fetch_sockets_response:
      return read_request_id(data, into) && take_descriptions(data, attachments, into);
    case message_type::server_side_emit:
      return read_optional_request_id(data, into) && take_event(part_of(data, "packet"), std::move(attachments), into);
    case message_type::server_side_emit_response:
    case message_type::broadcast_ack:
      return read_request_id(data, into) && read_answer(data, std::move(attachments), into);
    case message_type::broadcast_client_count:
      return !has_binary && read_request_id(data, into) && read_count(data, into);
  }
  return false;
}

std::optional<message_type> type_in(const json::value& map) {
  const json::value* type = part_of(map, "type");
  if (type == nullptr || !type->is_int64() || type->get_int64() < 1 || type->get_int64() > 13) return std::nullopt;
  return static_cast<message_type>(type->get_int64());
}

std::string write_msgpack(const message_map& message) {
  if (!wire::has_msgpack())
    throw error(errc::not_supported,
                "a message with binary needs MessagePack, and this library was built without nlohmann-json");
  parser::packet from;
  from.attachments = message.attachments;
  return wire::write_msgpack_value(json::value(message.map), from);
}

}  // namespace

void check_message(const cluster_message& message) {
  check_event(message.event);
  check_names(message.to.rooms);
  check_names(message.to.except);
  check_names(message.rooms);
}

message_map value_of(const cluster_message& message) {
  message_map out;
  out.map["type"] = static_cast<std::int64_t>(message.type);
  if (has_data(message.type)) out.map["data"] = data_of(message);
  out.map["uid"] = message.uid;
  out.map["nsp"] = message.nsp;
  out.attachments = message.event.attachments();
  out.has_binary = !out.attachments.empty();
  return out;
}

std::optional<cluster_message> message_of(const json::value& map, std::vector<binary> attachments,
                                          std::string_view nsp) {
  cluster_message out;
  const auto type = type_in(map);
  if (!type || !read_id(part_of(map, "uid"), out.uid)) return std::nullopt;
  out.type = *type;
  out.nsp = nsp;
  if (const json::value* name = part_of(map, "nsp")) {
    if (!name->is_string()) return std::nullopt;
    out.nsp = *text_part(name);
  }
  const json::value* data = part_of(map, "data");
  const json::value none;
  if (!read_data(data != nullptr ? *data : none, std::move(attachments), out)) return std::nullopt;
  return out;
}

std::string write_message_msgpack(const cluster_message& message) { return write_msgpack(value_of(message)); }

}  // namespace cluster

std::string write_message(const cluster_message& message) {
  const cluster::message_map value = cluster::value_of(message);
  if (value.has_binary) return cluster::write_msgpack(value);
  return cluster::serialized(boost::json::value(value.map));
}

// As in Node, the first byte tells MessagePack from JSON: a map of MessagePack does not begin with a brace.
std::optional<cluster_message> read_message(std::string_view bytes, std::string_view nsp) {
  if (bytes.starts_with('{')) {
    const auto value = cluster::read_json_value(bytes);
    if (!value) return std::nullopt;
    return cluster::message_of(*value, {}, nsp);
  }
  auto value = cluster::read_value(bytes);
  if (!value) return std::nullopt;
  return cluster::message_of(value->data, std::move(value->attachments), nsp);
}

}  // namespace cosio::inline v0_2
