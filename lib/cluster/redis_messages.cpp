// Messages between the servers of a cluster.

#include "cluster/redis_messages.hpp"

#include <array>
#include <utility>

#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;

constexpr std::int64_t event_type = 2;  // also for events with binary: MessagePack has binary itself
constexpr std::size_t max_message_bytes = 64'000'000;

const json::value* member(const json::value& of, std::string_view name) {
  const auto* object = of.if_object();
  return object != nullptr ? object->if_contains(name) : nullptr;
}

std::string string_of(const json::value* value) {
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

bool is_number(const json::value* value, std::int64_t wanted) {
  return value != nullptr && value->is_int64() && value->get_int64() == wanted;
}

// The names of rooms. A number counts as its decimal text, as in a Node server whose application used numbers.
std::vector<std::string> names_in(const json::value* list) {
  std::vector<std::string> out;
  const auto* array = list != nullptr ? list->if_array() : nullptr;
  if (array == nullptr) return out;
  for (const json::value& item : *array) {
    if (const auto* text = item.if_string()) {
      out.emplace_back(text->data(), text->size());
    } else if (item.is_number()) {
      out.emplace_back();
      wire::append_json(out.back(), item);
    }
  }
  return out;
}

json::value parsed(const event_data& event) {
  auto value = wire::parse_json(event.json());
  return value.has_value() ? std::move(*value) : json::value(json::array());
}

// Makes the packet: a map of type, data and nsp.
json::object packet_of(std::string_view nsp, json::value data) {
  json::object packet;
  packet["type"] = event_type;
  packet["data"] = std::move(data);
  packet["nsp"] = nsp;
  return packet;
}

parser::packet carrier(const event_data& event) {
  parser::packet from;
  from.attachments = event.attachments();
  return from;
}

struct message_value {
  json::value data;
  std::vector<binary> attachments;
};

std::optional<message_value> read_value(std::string_view message) {
  if (message.size() > max_message_bytes) return std::nullopt;
  parser::packet got;
  wire::msgpack_limits limits;
  limits.max_bytes = max_message_bytes;
  if (wire::read_msgpack(message, limits, got).has_error() || !got.data) return std::nullopt;
  return message_value{std::move(*got.data), std::move(got.attachments)};
}

// Reads packet and opts. The name must be a string (or number), as in every event.
bool read_event(const json::value* packet, const json::value* opts, std::vector<binary> attachments,
                travelling_event& into) {
  if (packet == nullptr || !is_number(member(*packet, "type"), event_type)) return false;
  const json::value* data = member(*packet, "data");
  if (data == nullptr || !data->is_array() || data->get_array().empty()) return false;
  const json::value& first = data->get_array().front();
  if (first.is_string()) {
    into.name = string_of(&first);
  } else if (first.is_number()) {
    wire::append_json(into.name, first);
  } else {
    return false;
  }
  if (const json::value* nsp = member(*packet, "nsp")) into.nsp = string_of(nsp);
  std::string text;
  wire::append_json(text, *data);
  into.data = event_data(std::move(text), std::move(attachments));
  into.to = opts != nullptr ? read_opts(*opts) : target();
  return true;
}

}  // namespace

json::array strings(const std::vector<std::string>& from) {
  json::array out;
  for (const std::string& text : from) out.emplace_back(text);
  return out;
}

std::string serialized(const json::value& value) {
  std::string out;
  wire::append_json(out, value);
  return out;
}

std::string text_of(const json::object& in, std::string_view name) { return string_of(in.if_contains(name)); }
std::vector<std::string> list_of(const json::object& in, std::string_view name) {
  return names_in(in.if_contains(name));
}
std::optional<std::int64_t> number_of(const json::object& in, std::string_view name) {
  const json::value* found = in.if_contains(name);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return found->get_int64();
}

json::object write_opts(const target& to) {
  json::object flags;
  if (to.flags.is_volatile) flags["volatile"] = true;
  if (!to.flags.compress) flags["compress"] = false;
  if (to.flags.timeout) flags["timeout"] = to.flags.timeout->count();
  json::object opts;
  opts["rooms"] = strings(to.rooms);
  opts["except"] = strings(to.except);
  opts["flags"] = std::move(flags);
  return opts;
}

target read_opts(const json::value& opts) {
  target to;
  to.rooms = names_in(member(opts, "rooms"));
  to.except = names_in(member(opts, "except"));
  to.everybody = to.rooms.empty();
  const json::value* flags = member(opts, "flags");
  if (flags == nullptr) return to;
  if (const json::value* is = member(*flags, "volatile")) to.flags.is_volatile = is->is_bool() && is->get_bool();
  if (const json::value* is = member(*flags, "compress")) to.flags.compress = !is->is_bool() || is->get_bool();
  if (const json::value* ms = member(*flags, "timeout"); ms != nullptr && ms->is_int64() && ms->get_int64() >= 0) {
    to.flags.timeout = std::chrono::milliseconds(ms->get_int64());
  }
  return to;
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
  if (whole == nullptr || whole->size() < 2) return std::nullopt;
  travelling_event event;
  event.uid = string_of(&(*whole)[0]);
  const json::value* opts = whole->size() > 2 ? &(*whole)[2] : nullptr;
  if (!read_event(&(*whole)[1], opts, std::move(got->attachments), event)) return std::nullopt;
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
  if (!got || !is_number(member(got->data, "type"), static_cast<std::int64_t>(request_type::broadcast)))
    return std::nullopt;
  travelling_event event;
  event.uid = string_of(member(got->data, "uid"));
  event.request_id = string_of(member(got->data, "requestId"));
  if (event.request_id.empty()) return std::nullopt;
  if (!read_event(member(got->data, "packet"), member(got->data, "opts"), std::move(got->attachments), event))
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
  if (!got || !is_number(member(got->data, "type"), static_cast<std::int64_t>(request_type::broadcast_ack)))
    return std::nullopt;
  json::array values;
  if (const json::value* first = member(got->data, "packet")) values.push_back(*first);
  return std::pair(string_of(member(got->data, "requestId")),
                   arguments(std::move(values), std::move(got->attachments)));
}

std::optional<json::object> read_json_message(std::string_view message) {
  if (message.size() > max_message_bytes) return std::nullopt;
  auto value = wire::parse_json(message);
  if (value.has_error() || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

namespace {

json::value buffer_json(const binary& bytes) {
  json::array numbers;
  for (const char c : bytes.view()) numbers.emplace_back(static_cast<std::int64_t>(static_cast<unsigned char>(c)));
  json::object out;
  out["type"] = "Buffer";
  out["data"] = std::move(numbers);
  return out;
}

void replace_binary(json::value& value, const std::vector<binary>& attachments) {
  if (const auto index = wire::placeholder_index(value); index && *index < attachments.size()) {
    value = buffer_json(attachments[*index]);
  } else if (auto* list = value.if_array()) {
    for (json::value& item : *list) replace_binary(item, attachments);
  } else if (auto* object = value.if_object()) {
    for (auto& entry : *object) replace_binary(entry.value(), attachments);
  }
}

}  // namespace

json::value plain_json(const event_data& event) {
  json::value out = parsed(event);
  if (!event.attachments().empty()) replace_binary(out, event.attachments());
  return out;
}

}  // namespace cosio::inline v0_2::cluster
