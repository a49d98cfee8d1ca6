// Socket.IO packets from MessagePack maps, and back.

#include "wire/msgpack_parser.hpp"

#include <boost/json/object.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "wire/msgpack.hpp"

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;
using kind = parser::kind;
using packet = parser::packet;

// In JavaScript 2 and 2.0 are the same integer. Above 2^53 no client can distinguish ids.
std::optional<std::uint64_t> whole_number(const json::value& value) noexcept {
  constexpr std::uint64_t largest = std::uint64_t{1} << 53;
  if (const auto* i = value.if_int64(); i != nullptr && *i >= 0 && static_cast<std::uint64_t>(*i) <= largest)
    return static_cast<std::uint64_t>(*i);
  if (const auto* d = value.if_double();
      d != nullptr && *d >= 0 && *d <= static_cast<double>(largest) && std::trunc(*d) == *d) {
    return static_cast<std::uint64_t>(*d);
  }
  return std::nullopt;
}

bool data_fits(kind type, const json::value* data) noexcept {
  switch (type) {
    case kind::connect:
      return data == nullptr || data->is_object();
    case kind::disconnect:
      return data == nullptr;
    case kind::event:
    case kind::ack:
      return data != nullptr && data->is_array();
    case kind::connect_error:
      return data != nullptr && (data->is_string() || data->is_object());
  }
  return false;
}

// Moves the members of the map that was read to their places in the packet.
std::optional<errc> unfold(packet& out) {
  if (!out.data) return errc::bad_message;
  json::value whole = std::move(*out.data);
  out.data.reset();
  auto* const map = whole.if_object();
  if (map == nullptr) return errc::bad_message;
  const json::value* const type = map->if_contains("type");
  const json::value* const nsp = map->if_contains("nsp");
  const json::value* const id = map->if_contains("id");
  json::value* const data = map->if_contains("data");

  const auto number = type != nullptr ? whole_number(*type) : std::nullopt;
  if (!number || *number > static_cast<std::uint64_t>(kind::connect_error)) return errc::packet_type;
  out.type = static_cast<kind>(*number);
  if (nsp == nullptr || !nsp->is_string()) return errc::bad_payload;
  out.nsp = std::string(nsp->get_string());
  if (id != nullptr) out.id = whole_number(*id);
  if (id != nullptr && !out.id) return errc::bad_payload;
  if (!data_fits(out.type, data)) return errc::bad_payload;
  if (data != nullptr) out.data = std::move(*data);
  return std::nullopt;
}

// Reads one packet from each message. One thread at a time.
class msgpack_decoder final : public parser::decoder {
 public:
  explicit msgpack_decoder(const parser::limits& bounds) : bounds_(bounds) {}

  result<std::optional<packet>> read_text(std::string_view) override { return fault{errc::bad_message, 0}; }
  result<std::optional<packet>> read_binary(std::string_view bytes) override {
    auto read = read_msgpack_packet(bytes, bounds_);
    if (read.has_error()) return read.error();
    return std::optional(std::move(*read));
  }

 private:
  const parser::limits bounds_;
};

}  // namespace

result<packet> read_msgpack_packet(std::string_view bytes, const parser::limits& bounds) {
  if (bytes.size() > bounds.max_packet_bytes) return fault{errc::message_too_large, bounds.max_packet_bytes};
  packet out;
  const std::size_t packet_itself = 1;  // the map around data
  msgpack_limits limits;
  limits.max_depth = bounds.max_depth < msgpack_deepest ? bounds.max_depth + packet_itself : msgpack_deepest;
  limits.max_bytes = bounds.max_packet_bytes;
  limits.timestamps = false;
  const auto read = read_msgpack(bytes, limits, out);
  if (read.has_error()) return read.error();
  if (const auto wrong = unfold(out)) return fault{*wrong, 0};
  return out;
}

// The order of members is the reference's, packet by packet.
std::vector<parser::message> msgpack_parser::encode(const packet& from) const {
  const json::value type = static_cast<std::int64_t>(from.type);
  const json::value nsp = json::string(from.nsp);
  const json::value id = from.id ? json::value(*from.id) : json::value();
  const msgpack_member type_member{"type", &type};
  const msgpack_member nsp_member{"nsp", &nsp};
  const msgpack_member id_member{"id", from.id ? &id : nullptr};
  const msgpack_member data_member{"data", from.data ? &*from.data : nullptr};
  std::vector<msgpack_member> members;
  switch (from.type) {
    case kind::ack:
      members = {id_member, type_member, data_member, nsp_member};
      break;
    case kind::connect_error:
      members = {type_member, nsp_member, data_member};
      break;
    default:
      members = {type_member, data_member, id_member, nsp_member};
  }
  std::vector<message> out;
  out.emplace_back(binary(write_msgpack(members, from)));
  return out;
}

std::unique_ptr<parser::decoder> msgpack_parser::make_decoder(const limits& bounds) const {
  return std::make_unique<msgpack_decoder>(bounds);
}

}  // namespace cosio::inline v0_2::wire

namespace cosio::inline v0_2 {

std::shared_ptr<const parser> msgpack_parser() {
  if (!wire::has_msgpack()) {
    throw error(errc::not_supported,
                "this build of cosio has no MessagePack parser: install nlohmann-json (Debian: nlohmann-json3-dev) and "
                "configure again");
  }
  return std::make_shared<wire::msgpack_parser>();
}

}  // namespace cosio::inline v0_2
