// The part of <cosio/parser.hpp> for authors of parsers: binary in the data of a packet.

#include <cosio/parser.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <utility>

#include "wire/placeholder.hpp"

namespace cosio::inline v0_2 {

const binary* parser::packet::binary_at(const boost::json::value& value) const noexcept {
  if (attachments.empty()) return nullptr;
  const auto index = wire::placeholder_index(value);
  return index && *index < attachments.size() ? &attachments[*index] : nullptr;
}

boost::json::value parser::packet::add(binary bytes) {
  boost::json::object place{{"_placeholder", true}, {"num", static_cast<std::int64_t>(attachments.size())}};
  attachments.push_back(std::move(bytes));
  return place;
}

}  // namespace cosio::inline v0_2
