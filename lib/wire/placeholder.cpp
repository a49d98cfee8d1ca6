// Checks placeholders where they stand. The reader of the arguments replaces them.

#include "wire/placeholder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace cosio::wire {
namespace {

namespace json = boost::json;

bool is_placeholder(const json::object& object) noexcept {
  const json::value* const mark = object.if_contains("_placeholder");
  return mark != nullptr && mark->is_bool() && mark->get_bool();
}

// In the reference 1 and 1.0 are the same number. No packet has 2^53 attachments.
std::optional<std::size_t> index_of(const json::value& num) noexcept {
  constexpr double too_large = 9007199254740992.0;
  if (const auto* whole = num.if_int64(); whole != nullptr && *whole >= 0) return static_cast<std::size_t>(*whole);
  if (const auto* number = num.if_double(); number != nullptr && *number >= 0 && *number < too_large) {
    const auto whole = static_cast<std::size_t>(*number);
    if (static_cast<double>(whole) == *number) return whole;
  }
  return std::nullopt;
}

bool all_named(const json::value& value, std::size_t count) noexcept {
  if (const auto* array = value.if_array()) {
    return std::all_of(array->begin(), array->end(),
                       [count](const json::value& element) { return all_named(element, count); });
  }
  const auto* object = value.if_object();
  if (object == nullptr) return true;
  if (is_placeholder(*object)) {
    const auto index = placeholder_index(value);
    return index && *index < count;
  }
  return std::all_of(object->begin(), object->end(),
                     [count](const auto& member) { return all_named(member.value(), count); });
}

}  // namespace

std::optional<std::size_t> placeholder_index(const json::value& value) noexcept {
  const auto* object = value.if_object();
  if (object == nullptr || !is_placeholder(*object)) return std::nullopt;
  const json::value* const num = object->if_contains("num");
  return num == nullptr ? std::nullopt : index_of(*num);
}

result<void> check_placeholders(const json::value& value, std::size_t count) {
  if (!all_named(value, count)) return fault{errc::bad_placeholder, 0};
  return {};
}

void append_placeholder(std::string& out, std::size_t index) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, index).ptr;
  out += R"({"_placeholder":true,"num":)";
  out.append(digits, end);
  out += '}';
}

}  // namespace cosio::wire
