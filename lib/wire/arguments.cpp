// Values and the binary in them: a value that is taken from a list takes its binary along, with new numbers.

#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "wire/argument_list.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2 {
namespace {

namespace json = boost::json;

// Puts the binary that `value` names into `into`, and the new numbers into the value. Only a value that names one of
// the attachments is a placeholder: any other value that looks like one is the client's data.
void take_along(json::value& value, const std::vector<binary>& from, std::vector<binary>& into) {
  if (auto* const list = value.if_array()) {
    for (json::value& item : *list) take_along(item, from, into);
  } else if (const auto index = wire::placeholder_index(value); index && *index < from.size()) {
    value.get_object()["num"] = static_cast<std::int64_t>(into.size());
    into.push_back(binary(from[*index]));  // a copy first: both may be one list
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) take_along(member.value(), from, into);
  }
}

}  // namespace

const json::value& arguments::operator[](std::size_t index) const {
  static const json::value absent;
  const json::array& all = values();
  return index < all.size() ? all[index] : absent;
}

void arguments::append(const arguments& from, std::size_t index) {
  json::value added = from[index];
  if (!from.attachments_.empty()) take_along(added, from.attachments_, attachments_);
  values().push_back(std::move(added));
}

void arguments::make_values() const {
  json::array made;
  made.reserve(size());
  detail::for_each_value(*this, [&](detail::json_ref value) { made.push_back(value.copy()); });
  values_ = std::move(made);
  parsed_ = {};
}

const binary* argument::binary_at(const json::value& part) const noexcept {
  return detail::attachment_of(part, attachments_);
}

namespace detail {

argument argument_of(json_ref value, const std::vector<binary>& attachments) {
  json::value own = value.copy();
  std::vector<binary> named;
  if (!attachments.empty()) take_along(own, attachments, named);
  return argument(std::move(own), std::move(named));
}

bool holds_binary(json_ref value, const std::vector<binary>& attachments) noexcept {
  if (attachments.empty()) return false;
  if (value.is_array()) {  // a loop takes less of the stack for each level than an algorithm
    for (const json_ref item : value.elements())
      if (holds_binary(item, attachments)) return true;
    return false;
  }
  if (!value.is_object()) return false;
  if (attachment_of(value, attachments) != nullptr) return true;
  for (const json_member member : value.members())
    if (holds_binary(member.value, attachments)) return true;
  return false;
}

json_ref value_at(const arguments& list, std::size_t index) {
  constexpr std::size_t few = 16;  // a handler may ask for one after the other, and each is searched from the first
  static const json::value absent;
  if (index >= list.size()) return absent;
  return list.parsed().list && index < few ? element_at(list.parsed(), index) : json_ref(list[index]);
}

}  // namespace detail
}  // namespace cosio::inline v0_2
