// Entries of a Redis stream that are messages between servers.

#include "cluster/streams_entry.hpp"

#include <cosio/error.hpp>

#include <charconv>

#include "cluster/cluster_messages.hpp"
#include "cluster/message_parts.hpp"
#include "wire/base64.hpp"
#include "wire/json_limits.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;

std::optional<std::uint64_t> digits(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The numbers of a character's UTF-16 units are added to the hash as JavaScript adds them, in 32 bits that wrap.
void add_units(std::uint32_t& hash, std::uint32_t character) noexcept {
  constexpr std::uint32_t factor = 31;
  if (character >= 0x10000) {
    hash = hash * factor + (0xD800 + ((character - 0x10000) >> 10U));
    hash = hash * factor + (0xDC00 + (character & 0x3FFU));
  } else {
    hash = hash * factor + character;
  }
}

// The text is well-formed UTF-8, as names of namespaces are.
std::int32_t node_hash(std::string_view text) noexcept {
  std::uint32_t hash = 0;
  std::uint32_t character = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < 0x80) {
      character = byte;
    } else if (byte < 0xC0) {
      character = character << 6U | (byte & 0x3FU);
    } else {
      character = byte & (byte < 0xE0 ? 0x1FU : byte < 0xF0 ? 0x0FU : 0x07U);
    }
    const bool goes_on = i + 1 < text.size() && (static_cast<std::uint8_t>(text[i + 1]) & 0xC0U) == 0x80;
    if (!goes_on) add_units(hash, character);
  }
  return static_cast<std::int32_t>(hash);
}

std::int64_t index_of(unsigned count, std::string_view nsp) noexcept {
  return std::int64_t{node_hash(nsp)} % std::int64_t{count};
}

}  // namespace

std::optional<stream_id> stream_id::parse(std::string_view text) noexcept {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto when = digits(text.substr(0, dash));
  const auto which = digits(text.substr(dash + 1));
  if (!when || !which) return std::nullopt;
  return stream_id(*when, *which);
}

std::string stream_id::text() const { return std::to_string(ms) + "-" + std::to_string(number); }

stream_id stream_id::next() const noexcept {
  return number == UINT64_MAX ? stream_id(ms + 1, 0) : stream_id(ms, number + 1);
}

stream_id stream_id::before() const noexcept {
  if (number != 0) return stream_id(ms, number - 1);
  return ms == 0 ? stream_id() : stream_id(ms - 1, UINT64_MAX);
}

std::string stream_of(const std::string& name, unsigned count, std::string_view nsp) {
  return count <= 1 ? name : name + "-" + std::to_string(index_of(count, nsp));
}

bool node_reads_stream_of(unsigned count, std::string_view nsp) noexcept {
  return count <= 1 || index_of(count, nsp) >= 0;
}

std::optional<stream_entry> stream_entry::of(const redis_value& item) {
  const auto id = stream_id::parse(item.text_at(0));
  if (!id) return std::nullopt;
  stream_entry out;
  out.id = *id;
  const redis_value& fields = item.at(1);
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const std::string_view name = fields.text_at(i);
    const std::string_view value = fields.text_at(i + 1);
    if (name == "uid") out.uid = value;
    if (name == "nsp") out.nsp = value;
    if (name == "type") out.type = value;
    if (name == "data") out.data = value;
    if (name == "mark") out.mark = value;
  }
  return out;
}

std::optional<stream_extent> stream_extent::of(const redis_value& reply) {
  stream_extent out;
  if (reply.text.find("no such key") != std::string::npos) return out;
  std::optional<stream_id> last;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    const std::string_view name = reply.text_at(i);
    if (name == "length") out.length = reply.at(i + 1).integer();
    if (name == "entries-added") out.added = reply.at(i + 1).integer();
    if (name == "last-generated-id") last = stream_id::parse(reply.text_at(i + 1));
    if (name == "first-entry") out.first = stream_id::parse(reply.at(i + 1).text_at(0));
  }
  if (!last) return std::nullopt;
  out.last = *last;
  return out;
}

std::vector<std::string> write_entry(const cluster_message& message, std::string_view mark) {
  message_map whole = value_of(message);
  std::vector<std::string> out{"uid", message.uid, "nsp", message.nsp, "type"};
  out.push_back(std::to_string(static_cast<unsigned>(message.type)));
  if (const json::value* data = whole.map.if_contains("data")) {
    out.emplace_back("data");
    std::string& text = out.emplace_back();
    if (whole.has_binary) {
      parser::packet carrier;
      carrier.attachments = std::move(whole.attachments);
      wire::append_base64(text, wire::write_msgpack_value(*data, carrier));
    } else {
      wire::append_json(text, *data);
    }
    if (text.size() > max_message_bytes)
      throw error(errc::bad_argument, "the event has more than " + std::to_string(max_message_bytes) +
                                          " bytes in Redis, which other servers cannot read");
  }
  if (!mark.empty()) {
    out.emplace_back("mark");
    out.emplace_back(mark);
  }
  return out;
}

std::optional<cluster_message> read_entry(const stream_entry& entry) {
  const auto type = digits(entry.type);
  if (!type || *type > 255 || entry.nsp.empty() || entry.data.size() > max_message_bytes) return std::nullopt;
  json::object map;
  map["type"] = static_cast<std::int64_t>(*type);
  map["uid"] = entry.uid;
  map["nsp"] = entry.nsp;
  std::vector<binary> attachments;
  if (entry.data.starts_with('{')) {
    auto value = read_json_value(entry.data);
    if (!value) return std::nullopt;
    map["data"] = std::move(*value);
  } else if (!entry.data.empty()) {
    std::string bytes;
    wire::decode_base64(entry.data, bytes);
    auto value = read_value(bytes);
    if (!value) return std::nullopt;
    map["data"] = std::move(value->data);
    attachments = std::move(value->attachments);
  }
  return message_of(json::value(std::move(map)), std::move(attachments), entry.nsp);
}

}  // namespace cosio::inline v0_2::cluster
