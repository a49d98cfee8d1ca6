// The texts that the PostgreSQL wire writes and reads.

#include "cluster/postgres_text.hpp"

#include <boost/json/object.hpp>

#include <charconv>
#include <cstdint>
#include <system_error>

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

bool is_row_id(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return ec == std::errc() && end == text.data() + text.size() && number >= 0;
}

bool begins_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_identifier(char c) { return begins_identifier(c) || (c >= '0' && c <= '9') || c == '$'; }

// Takes one identifier off the front.
bool take_identifier(std::string_view& text) {
  if (text.empty()) return false;
  std::size_t end = 0;
  if (text.front() == '"') {
    end = text.find('"', 1);
    while (end != std::string_view::npos && text.substr(end + 1, 1) == "\"") end = text.find('"', end + 2);
    if (end == std::string_view::npos || end == 1) return false;
    ++end;
  } else {
    if (!begins_identifier(text.front())) return false;
    while (end < text.size() && continues_identifier(text[end])) ++end;
  }
  text.remove_prefix(end);
  return true;
}

}  // namespace

std::string postgres_channel(std::string_view prefix, std::string_view nsp) {
  std::string out(prefix);
  out += '#';
  return out += nsp;
}

std::string channel_problem(std::string_view channel) {
  if (channel.find('\0') != std::string_view::npos) return "the name of the namespace has a byte 0 in it";
  if (channel.size() <= longest_channel) return {};
  return "the channel of the namespace has " + std::to_string(channel.size()) +
         " bytes, and PostgreSQL takes 63: use a shorter name, or a shorter channel_prefix";
}

std::string quoted_identifier(std::string_view name) {
  std::string out(1, '"');
  for (const char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  return out += '"';
}

bool is_table_name(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || !take_identifier(text)) return false;
  if (text.empty()) return true;
  if (text.front() != '.') return false;
  text.remove_prefix(1);
  return take_identifier(text) && text.empty();
}

// A uid is made by the library: it needs no escape.
attachment_frame frame_of_attachment(std::string_view uid, unsigned type) {
  attachment_frame out;
  out.before = R"({"uid":")";
  out.before += uid;
  out.before += R"(","type":)";
  out.before += std::to_string(type);
  out.before += R"(,"attachmentId":")";
  out.behind = R"("})";
  return out;
}

// Most messages are none, and are not parsed here.
std::optional<attachment_header> read_attachment_header(std::string_view payload) {
  if (payload.find(R"("attachmentId")") == std::string_view::npos) return std::nullopt;
  const auto value = wire::parse_json(payload);
  const auto* object = value.has_value() ? value->if_object() : nullptr;
  const auto* id = object != nullptr ? object->if_contains("attachmentId") : nullptr;
  if (id == nullptr) return std::nullopt;
  attachment_header out;
  if (const auto* text = id->if_string()) out.id.assign(text->data(), text->size());
  if (!is_row_id(out.id)) out.id.clear();
  const auto* uid = object->if_contains("uid");
  if (const auto* text = uid != nullptr ? uid->if_string() : nullptr) out.uid.assign(text->data(), text->size());
  return out;
}

bool names_uid(std::string_view payload, std::string_view uid) {
  std::string wanted = R"("uid":")";
  wanted += uid;
  wanted += '"';
  return payload.find(wanted) != std::string_view::npos;
}

}  // namespace cosio::inline v0_2::cluster
