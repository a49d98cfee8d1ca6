// Parts that messages between servers have in common.

#include "cluster/message_parts.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/logger.hpp"
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

// Each thing once in the life of a process: who writes such messages writes more of them.
void tell_too_much(const char* what) {
  static std::atomic<bool> is_told{false};
  if (is_told.exchange(true)) return;
  base::log(log_level::error, "cluster",
            std::string("a message of another server is put aside, because it has more than ") + what +
                "; the next ones are not reported");
}

void tell_too_long() {
  static const std::string limit = std::to_string(max_message_bytes) + " bytes";
  tell_too_much(limit.c_str());
}

void tell_too_many() {
  static const std::string limit = std::to_string(max_message_values) + " values";
  tell_too_much(limit.c_str());
}

// The nesting and the number of values of JSON text. Of other text than our encoder writes they are not exact.
struct json_measure {
  explicit json_measure(std::string_view text) noexcept {
    std::size_t open = 0;
    bool in_string = false;
    char before = 0;
    for (std::size_t i = 0; i < text.size(); before = text[i], ++i) {
      const char c = text[i];
      if (in_string) {
        if (c == '\\') ++i;
        if (c == '"') in_string = false;
        if (i >= text.size()) break;
        continue;
      }
      if (c == '"') in_string = true;
      if (c == '[' || c == '{') deepest = std::max(deepest, ++open);
      if (c == ']' || c == '}') --open;
      if (c == '[' || c == '{' || c == ',') ++values;  // the first value in a list, and the next ones
      if ((c == ']' && before == '[') || (c == '}' && before == '{')) --values;
    }
  }
  std::size_t deepest = 0;
  std::size_t values = 1;
};

[[noreturn]] void refuse_event(const std::string& why) {
  throw error(errc::bad_argument, "the event has more than " + why + ", which other servers cannot read");
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

void tell_foreign_message(std::atomic<bool>& has_told) {
  if (has_told.exchange(true)) return;
  base::log(log_level::error, "cluster",
            "a message on a channel of Redis is none of this adapter's: servers with different adapters need different "
            "prefixes on one Redis");
}

std::optional<message_value> read_value(std::string_view message) {
  if (!wire::has_msgpack()) return std::nullopt;
  if (message.size() > max_message_bytes) return tell_too_long(), std::nullopt;
  parser::packet got;
  wire::msgpack_limits limits;
  limits.max_bytes = max_message_bytes;
  limits.max_values = max_message_values;
  const auto read = wire::read_msgpack(message, limits, got);
  if (read.has_error() && read.error().code == errc::message_too_large) tell_too_many();
  if (read.has_error() || !got.data) return std::nullopt;
  return message_value{std::move(*got.data), std::move(got.attachments)};
}

std::optional<json::value> read_json_value(std::string_view message) {
  if (message.size() > max_message_bytes) return tell_too_long(), std::nullopt;
  // A value has two bytes at least, with what is between it and the next one.
  if (message.size() > 2 * max_message_values && json_measure(message).values > max_message_values)
    return tell_too_many(), std::nullopt;
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

void check_event(const event_data& event) {
  std::size_t bytes = event.json().size();
  if (bytes > max_event_depth) {  // shorter text cannot be so deep
    const json_measure found(event.json());
    if (found.deepest > max_event_depth)
      refuse_event(std::to_string(max_event_depth) + " levels of arrays and objects");
    if (found.values > max_event_values) refuse_event(std::to_string(max_event_values) + " values");
  }
  for (const binary& one : event.attachments()) bytes += one.size();
  if (bytes > max_event_bytes) refuse_event(std::to_string(max_event_bytes) + " bytes");
}

// Our own encoder has written it: what cannot be read here is too deep.
json::value parsed(const event_data& event) {
  wire::json_limits limits;
  limits.max_depth = max_event_depth;
  auto value = wire::parse_json(event.json(), {}, limits);
  if (value.has_error()) refuse_event(std::to_string(max_event_depth) + " levels of arrays and objects");
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
