// Checks packets of any parser against the protocol.

#include "wire/packet_rules.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>

#include "wire/packet_header.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;
using kind = parser::kind;

bool may_be_event(const json::value& data) noexcept {
  const auto* list = data.if_array();
  return list != nullptr && (list->empty() || list->front().is_string() || list->front().is_number());
}

bool fits(kind type, const json::value* data) noexcept {
  switch (type) {
    case kind::connect:
      return data == nullptr || data->is_object();
    case kind::disconnect:
      return data == nullptr;
    case kind::event:
      return data != nullptr && may_be_event(*data);
    case kind::ack:
      return data == nullptr || data->is_array();
    case kind::connect_error:
      return true;
  }
  return false;  // no packet type
}

}  // namespace

std::optional<errc> check_packet(const parser::packet& packet, const parser::limits& bounds) {
  const json::value* const data = packet.data ? &*packet.data : nullptr;
  const std::size_t count = packet.attachments.size();
  const bool is_answered = packet.type == kind::connect;
  if (packet.nsp.size() > bounds.max_nsp_bytes && !is_answered) return errc::nsp_too_long;
  if (packet.id && *packet.id > largest_id) return errc::bad_payload;
  if (!fits(packet.type, data)) return errc::bad_payload;
  if (count == 0 || data == nullptr) return std::nullopt;
  const auto named = check_placeholders(*data, count, stray_placeholder::data);
  if (named.has_error()) return named.error().code;
  return std::nullopt;
}

}  // namespace cosio::inline v0_2::wire
