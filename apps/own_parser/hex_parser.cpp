// {"type":2,"nsp":"/","id":7,"data":["photo",{"$hex":"ffd8ff"}]}

#include "hex_parser.hpp"

#include <boost/json.hpp>

#include <charconv>

namespace json = boost::json;

namespace {

std::string to_hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) out += {digits[byte >> 4], digits[byte & 15]};
  return out;
}

std::string from_hex(std::string_view digits) {
  std::string out;
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    unsigned char byte = 0;  // any other character counts as zero
    std::from_chars(digits.data(), digits.data() + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

// A value that stands for binary in the packet becomes {"$hex": …} in the message.
void to_message(json::value& value, const cosio::parser::packet& packet) {
  if (const cosio::binary* bytes = packet.binary_at(value)) {
    value = json::object{{"$hex", to_hex(bytes->view())}};
  } else if (auto* list = value.if_array()) {
    for (json::value& item : *list) to_message(item, packet);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) to_message(member.value(), packet);
  }
}

// And back.
void from_message(json::value& value, cosio::parser::packet& packet) {
  if (auto* list = value.if_array())
    for (json::value& item : *list) from_message(item, packet);
  auto* object = value.if_object();
  if (object == nullptr) return;
  const json::value* digits = object->if_contains("$hex");
  if (digits != nullptr && digits->is_string()) {
    const std::string bytes = from_hex(digits->get_string());
    value = packet.add(cosio::binary(bytes));
  } else {
    for (auto& member : *object) from_message(member.value(), packet);
  }
}

class hex_decoder final : public cosio::parser::decoder {
 public:
  explicit hex_decoder(std::size_t max_depth) { rules_.max_depth = max_depth + 1; }  // the message around the data

  cosio::result<std::optional<cosio::parser::packet>> read_text(std::string_view text) override {
    boost::system::error_code wrong;
    const json::value whole = json::parse({text.data(), text.size()}, wrong, {}, rules_);
    const auto* message = whole.if_object();
    const auto* type = message != nullptr ? message->if_contains("type") : nullptr;
    const auto* nsp = message != nullptr ? message->if_contains("nsp") : nullptr;
    if (type == nullptr || !type->is_int64() || nsp == nullptr || !nsp->is_string())
      return cosio::fault{cosio::errc::bad_message, 0};
    if (type->get_int64() < 0 || type->get_int64() > 4) return cosio::fault{cosio::errc::packet_type, 0};

    cosio::parser::packet packet;
    packet.type = static_cast<cosio::parser::kind>(type->get_int64());
    packet.nsp = std::string(nsp->get_string());
    const auto* id = message->if_contains("id");
    if (id != nullptr && id->is_int64()) packet.id = id->get_int64();
    if (const auto* data = message->if_contains("data")) from_message(packet.data.emplace(*data), packet);
    return packet;
  }
  cosio::result<std::optional<cosio::parser::packet>> read_binary(std::string_view) override {
    return cosio::fault{cosio::errc::unexpected_binary, 0};
  }

 private:
  json::parse_options rules_;
};

}  // namespace

std::vector<cosio::parser::message> hex_parser::encode(const packet& from) const {
  json::object whole{{"type", static_cast<int>(from.type)}, {"nsp", from.nsp}};
  if (from.id) whole["id"] = *from.id;
  if (from.data) to_message(whole["data"] = *from.data, from);
  return {json::serialize(whole)};
}

std::unique_ptr<cosio::parser::decoder> hex_parser::make_decoder(const limits& bounds) const {
  return std::make_unique<hex_decoder>(bounds.max_depth);
}
