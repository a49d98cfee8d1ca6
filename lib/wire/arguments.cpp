// Appends a value of one list of arguments to another list: its binary gets new numbers.

#include <cosio/arguments.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "wire/placeholder.hpp"

namespace cosio {
namespace {

namespace json = boost::json;

// Only a value that names one of `count` attachments is a placeholder. Any other value that looks like one is the
// client's data.
void renumber(json::value& value, std::size_t count, std::size_t first) {
  if (auto* const list = value.if_array()) {
    for (json::value& item : *list) renumber(item, count, first);
  } else if (const auto index = wire::placeholder_index(value); index && *index < count) {
    value.get_object()["num"] = static_cast<std::int64_t>(first + *index);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) renumber(member.value(), count, first);
  }
}

}  // namespace

void arguments::append(const arguments& from, std::size_t index) {
  const std::vector<binary> more = from.attachments_;  // a copy: from may be *this
  json::value added = from[index];
  if (!more.empty()) renumber(added, more.size(), attachments_.size());
  values_.push_back(std::move(added));
  attachments_.insert(attachments_.end(), more.begin(), more.end());
}

}  // namespace cosio
