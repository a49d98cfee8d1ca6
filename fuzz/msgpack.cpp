// Packets of the MessagePack parser. What is written is read back, and from then on stays as it is.

#include <algorithm>
#include <limits>
#include <string>
#include <variant>

#include "check.hpp"
#include "echo.hpp"
#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"
#include "wire/msgpack_parser.hpp"
#include "wire/packet_rules.hpp"
#include "wire/utf8.hpp"

using namespace cosio::wire;
using cosio::parser;
using cosio::fuzz::check;
namespace json = boost::json;

namespace {

constexpr std::size_t most_bytes = 4'000;
constexpr std::size_t most_depth = 60;

parser::limits narrow() {
  parser::limits made;
  made.max_depth = most_depth;
  made.max_packet_bytes = most_bytes;
  return made;
}

parser::limits wide() {
  parser::limits made;
  made.max_packet_bytes = std::numeric_limits<std::size_t>::max();
  return made;
}

std::size_t depth_of(const json::value& value) {
  std::size_t deepest = 0;
  if (const auto* list = value.if_array()) {
    for (const json::value& item : *list) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return 0;
  for (const json::key_value_pair& member : *object) deepest = std::max(deepest, depth_of(member.value()));
  return deepest + 1;
}

std::string json_of(const parser::packet& packet) {
  std::string out;
  if (packet.data) append_json(out, *packet.data);
  return out;
}

std::string encoded(const parser::packet& packet) {
  const auto messages = msgpack_parser().encode(packet);
  check(messages.size() == 1 && std::holds_alternative<cosio::binary>(messages[0]), "a packet is one binary message");
  return std::string(std::get<cosio::binary>(messages[0]).view());
}

void check_bounds(const parser::packet& packet, std::size_t bytes) {
  constexpr std::size_t placeholder = 1;  // an object, as deep as any
  std::size_t held = 0;
  for (const cosio::binary& attachment : packet.attachments) held += attachment.size();
  check(held <= bytes, "binary is no longer than what it came in");
  check(bytes + packet.attachments.size() * binary_cost <= most_bytes, "binary is limited with its cost");
  check(!packet.data || depth_of(*packet.data) <= most_depth + 1 + placeholder, "depth is limited");
  check(is_utf8(packet.nsp) && is_utf8(json_of(packet)), "text is UTF-8");
}

void check_round_trip(const parser::packet& packet) {
  const std::string bytes = encoded(packet);
  const auto again = read_msgpack_packet(bytes, wide());
  check(again.has_value(), "what is written is read");
  check(again->type == packet.type && again->nsp == packet.nsp && again->id == packet.id &&
            again->data.has_value() == packet.data.has_value(),
        "a packet is read back as it was");
  check(encoded(*again) == bytes, "what was written once is written the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = cosio::fuzz::text_of(data, size);
  const auto packet = read_msgpack_packet(bytes, narrow());
  if (packet.has_error()) {
    check(packet.error().offset <= size, "a fault lies inside the message");
    return 0;
  }
  check_bounds(*packet, size);
  if (check_packet(*packet, narrow())) return 0;
  check_round_trip(*packet);
  if (packet->data) cosio::fuzz::check_echo(*packet->data, packet->attachments);
  return 0;
}
