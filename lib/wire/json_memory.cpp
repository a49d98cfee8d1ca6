// The memory that a JSON value takes, and a packet with its attachments.

#include "wire/json_memory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace cosio::inline v0_2::wire {
namespace json = boost::json;

std::size_t json_memory(const json::value& value) noexcept {
  std::size_t bytes = 0;
  if (const auto* text = value.if_string()) {
    bytes = string_memory(text->size());
  } else if (const auto* list = value.if_array()) {
    if (!list->empty()) bytes = array_memory(list->size());
    for (const json::value& one : *list) bytes += json_memory(one);
  } else if (const auto* fields = value.if_object()) {
    if (!fields->empty()) bytes = object_memory(fields->size());
    for (const auto& field : *fields) bytes += name_memory(field.key().size()) + json_memory(field.value());
  }
  return bytes;
}

std::size_t memory_of(std::span<const binary> attachments) noexcept {
  constexpr std::size_t around = 64;
  std::size_t bytes = 0;
  for (const binary& one : attachments) bytes += one.view().size() + around;
  return bytes;
}

std::size_t packet_memory(const json::value& data, std::span<const binary> attachments) noexcept {
  return json_memory(data) + memory_of(attachments);
}

}  // namespace cosio::inline v0_2::wire
