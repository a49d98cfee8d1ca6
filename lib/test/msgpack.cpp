// A small MessagePack: what Socket.IO packets need.

#include "test/msgpack.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <bit>

#include "test/broken.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

namespace json = boost::json;

constexpr const char* mark = "_placeholder";

// ---------------------------------------------------------------- writing

void put(std::string& to, unsigned type, std::uint64_t number, unsigned bytes) {
  to += static_cast<char>(type);
  for (unsigned i = bytes; i > 0; --i) to += static_cast<char>(number >> (8 * (i - 1)));
}

// The shortest of three forms. @param first  The type of the one with a byte of length; 0: there is none.
void put_length(std::string& to, std::uint64_t length, unsigned fixed, unsigned most_fixed, unsigned first,
                unsigned second) {
  if (length <= most_fixed) return put(to, fixed | static_cast<unsigned>(length), 0, 0);
  if (first != 0 && length <= 0xFF) return put(to, first, length, 1);
  if (length <= 0xFFFF) return put(to, second, length, 2);
  put(to, second + 1, length, 4);
}

void put_text(std::string& to, std::string_view text) {
  put_length(to, text.size(), 0xa0, 31, 0xd9, 0xda);
  to += text;
}

void put_number(std::string& to, std::uint64_t n) {
  if (n <= 0x7f) return put(to, static_cast<unsigned>(n), 0, 0);
  if (n <= 0xFF) return put(to, 0xcc, n, 1);
  if (n <= 0xFFFF) return put(to, 0xcd, n, 2);
  if (n <= 0xFFFFFFFF) return put(to, 0xce, n, 4);
  put(to, 0xcf, n, 8);
}

void put_bytes(std::string& to, std::string_view bytes) {
  if (bytes.size() <= 0xFF) {
    put(to, 0xc4, bytes.size(), 1);
  } else {
    put_length(to, bytes.size(), 0, 0, 0, 0xc5);
  }
  to += bytes;
}

void put_value(std::string& to, const json::value& value, const std::vector<std::string>& attachments) {
  if (value.is_null()) return put(to, 0xc0, 0, 0);
  if (value.is_bool()) return put(to, value.get_bool() ? 0xc3 : 0xc2, 0, 0);
  if (value.is_string()) return put_text(to, value.get_string());
  if (const auto* list = value.if_array()) {
    put_length(to, list->size(), 0x90, 15, 0, 0xdc);
    for (const auto& one : *list) put_value(to, one, attachments);
    return;
  }
  if (const auto* map = value.if_object()) {
    if (map->contains(mark)) return put_bytes(to, attachments.at(map->at("num").to_number<std::size_t>()));
    put_length(to, map->size(), 0x80, 15, 0, 0xde);
    for (const auto& [key, one] : *map) {
      put_text(to, key);
      put_value(to, one, attachments);
    }
    return;
  }
  put_number(to, value.to_number<std::uint64_t>());
}

// ---------------------------------------------------------------- reading

class reader {
 public:
  reader(std::string_view bytes, std::vector<std::string>& attachments) : left_(bytes), attachments_(attachments) {}

  json::value value() {
    const auto type = static_cast<unsigned char>(take(1).front());
    if (type <= 0x7f) return type;
    if (type <= 0x8f) return map(type & 0xfU);
    if (type <= 0x9f) return list(type & 0xfU);
    if (type <= 0xbf) return json::value(take(type & 0x1fU));
    if (type >= 0xe0) return static_cast<std::int64_t>(static_cast<signed char>(type));
    switch (type) {
      case 0xc0:
        return nullptr;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return binary(number(1U << (type - 0xc4U)));
      case 0xcb:
        return std::bit_cast<double>(number(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return number(1U << (type - 0xccU));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return json::value(take(number(1U << (type - 0xd9U))));
      case 0xdc:
      case 0xdd:
        return list(number(2U << (type - 0xdcU)));
      case 0xde:
      case 0xdf:
        return map(number(2U << (type - 0xdeU)));
      default:
        throw broken("MessagePack that no server of ours sends: type " + std::to_string(type));
    }
  }
  bool at_end() const noexcept { return left_.empty(); }

 private:
  std::string_view take(std::size_t bytes) {
    if (left_.size() < bytes) throw broken("MessagePack that is cut off");
    const std::string_view out = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return out;
  }
  std::uint64_t number(unsigned bytes) {
    std::uint64_t out = 0;
    for (const char c : take(bytes)) out = out << 8 | static_cast<unsigned char>(c);
    return out;
  }
  json::value binary(std::size_t bytes) {
    json::object placeholder;
    placeholder[mark] = true;
    placeholder["num"] = attachments_.size();
    attachments_.emplace_back(take(bytes));
    return placeholder;
  }
  json::value list(std::size_t count) {
    json::array out;
    while (count-- > 0) out.push_back(value());
    return out;
  }
  json::value map(std::size_t count) {
    json::object out;
    while (count-- > 0) {
      const json::value key = value();
      if (!key.is_string() || out.contains(key.get_string())) throw broken("a bad key in a MessagePack map");
      const std::string name(key.get_string());
      out[name] = value();
    }
    return out;
  }

  std::string_view left_;
  std::vector<std::string>& attachments_;
};

}  // namespace

std::string write_msgpack_packet(const sio_packet& from) {
  const bool with_id = from.id.has_value();
  std::string out;
  put(out, 0x80U | (2U + (from.json.empty() ? 0U : 1U) + (with_id ? 1U : 0U)), 0, 0);
  put_text(out, "type");
  put_number(out, static_cast<std::uint64_t>(from.type));
  if (!from.json.empty()) {
    put_text(out, "data");
    put_value(out, json::parse(from.json), from.bytes);
  }
  put_text(out, "nsp");
  put_text(out, from.nsp);
  if (with_id) {
    put_text(out, "id");
    put_number(out, *from.id);
  }
  return out;
}

sio_packet read_msgpack_packet(std::string_view bytes) {
  sio_packet out;
  reader from(bytes, out.bytes);
  const json::value whole = from.value();
  if (!from.at_end() || !whole.is_object()) throw broken("a MessagePack message that is not one map");
  const json::object& map = whole.get_object();
  for (const auto& [key, value] : map)
    if (key != "type" && key != "nsp" && key != "id" && key != "data")
      throw broken("a packet with " + std::string(key));
  out.type = map.at("type").to_number<int>();
  out.nsp = map.at("nsp").as_string().c_str();
  if (const auto* id = map.if_contains("id")) out.id = id->to_number<std::uint64_t>();
  if (const auto* data = map.if_contains("data")) out.json = json::serialize(*data);
  if (out.type < 0 || out.type > 4) throw broken("a packet of type " + std::to_string(out.type));
  return out;
}

}  // namespace cosio::test::inline v0_2::kit
