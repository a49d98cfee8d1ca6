// The memory that a JSON value takes, and a packet with its attachments.

#include "wire/json_memory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;

// Of a block: the heap's head, the length that Boost.JSON keeps in it, and what rounding adds.
constexpr std::size_t block = 32;
// Of a member of an object, beside its text: its place in the table of hashes.
constexpr std::size_t place = 8;
constexpr std::size_t longest_inside = 14;  // shorter strings lie in the value itself

std::size_t text_memory(std::size_t length) noexcept { return length > longest_inside ? block + length : 0; }

}  // namespace

std::size_t json_memory(const json::value& value) noexcept {
  std::size_t bytes = 0;
  if (const auto* text = value.if_string()) {
    bytes = text_memory(text->size());
  } else if (const auto* list = value.if_array()) {
    if (!list->empty()) bytes = block + list->size() * sizeof(json::value);
    for (const json::value& one : *list) bytes += json_memory(one);
  } else if (const auto* fields = value.if_object()) {
    if (!fields->empty()) bytes = block + fields->size() * (sizeof(json::key_value_pair) + place);
    for (const auto& field : *fields) bytes += block + field.key().size() + json_memory(field.value());
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
