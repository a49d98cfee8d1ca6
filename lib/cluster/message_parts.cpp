// Parts that messages between servers have in common.

#include "cluster/message_parts.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "cluster/redis_fields.hpp"
#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;

// A message puts an event into levels of its own.
constexpr std::size_t max_depth = max_event_depth + 6;

json::value buffer_json(const binary& bytes) {
  json::array numbers;
  numbers.reserve(bytes.size());
  for (const char c : bytes.view()) numbers.emplace_back(static_cast<std::int64_t>(static_cast<unsigned char>(c)));
  json::object out;
  out["type"] = "Buffer";
  out["data"] = std::move(numbers);
  return out;
}

std::size_t named_in(const json::value& value, std::size_t attachments) {
  std::size_t sum = 0;
  if (const auto* list = value.if_array()) {
    for (const json::value& item : *list) sum += named_in(item, attachments);
  } else if (const auto* object = value.if_object()) {
    if (const auto index = wire::placeholder_index(value); index && *index < attachments) return 1;
    for (const auto& entry : *object) sum += named_in(entry.value(), attachments);
  }
  return sum;
}

}  // namespace

std::optional<message_value> read_value(std::string_view message) {
  if (message.size() > max_message_bytes || !wire::has_msgpack()) return std::nullopt;
  parser::packet got;
  wire::msgpack_limits limits;
  limits.max_bytes = max_message_bytes;
  if (wire::read_msgpack(message, limits, got).has_error() || !got.data) return std::nullopt;
  return message_value{std::move(*got.data), std::move(got.attachments)};
}

std::optional<json::value> read_json_value(std::string_view message) {
  if (message.size() > max_message_bytes) return std::nullopt;
  wire::json_limits limits;
  limits.max_depth = max_depth;
  auto value = wire::parse_json(message, {}, limits);
  if (value.has_error()) return std::nullopt;
  return std::move(*value);
}

std::optional<json::object> read_json_message(std::string_view message) {
  auto value = read_json_value(message);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

parser::packet carrier(const event_data& event) {
  parser::packet from;
  from.attachments = event.attachments();
  return from;
}

bool is_number(const json::value* value, std::int64_t wanted) {
  return value != nullptr && value->is_int64() && value->get_int64() == wanted;
}

// Our own encoder has written it: what cannot be read here is too deep.
json::value parsed(const event_data& event) {
  wire::json_limits limits;
  limits.max_depth = max_event_depth;
  auto value = wire::parse_json(event.json(), {}, limits);
  if (value.has_error())
    throw error(errc::bad_argument, "the event has more than " + std::to_string(max_event_depth) +
                                        " levels of arrays and objects, which other servers cannot read");
  return std::move(*value);
}

json::value read_back(const event_data& event) {
  auto value = read_json_value(event.json());
  return value ? std::move(*value) : json::value(json::array());
}

arguments values_of(const event_data& event) {
  json::value list = read_back(event);
  return arguments(std::move(list.get_array()), event.attachments());
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

json::value plain_json(const event_data& event) {
  json::value out = parsed(event);
  if (!event.attachments().empty()) replace_binary(out, event.attachments());
  return out;
}

std::optional<std::string> name_of_event(const json::value& event) {
  const auto* list = event.if_array();
  if (list == nullptr || list->empty()) return std::nullopt;
  return name_part(list->front());
}

bool names_all(const json::value& value, std::size_t attachments) {
  if (attachments == 0) return true;
  return !wire::check_placeholders(value, attachments, wire::stray_placeholder::data).has_error() &&
         named_in(value, attachments) == attachments;
}

}  // namespace cosio::inline v0_2::cluster
