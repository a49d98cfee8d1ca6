// Parts of messages between servers.

#include "cluster/redis_fields.hpp"

#include <cosio/error.hpp>

#include <chrono>
#include <utility>

#include "wire/json_limits.hpp"
#include "wire/utf8.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;

}  // namespace

const json::value* part_of(const json::value& of, std::string_view name) {
  const auto* object = of.if_object();
  return object != nullptr ? object->if_contains(name) : nullptr;
}

std::optional<std::string> text_part(const json::value* value) {
  if (value == nullptr) return std::string();
  const auto* text = value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string(text->data(), text->size());
}

std::optional<std::string> name_part(const json::value& value) {
  if (value.is_string()) return text_part(&value);
  if (!value.is_number()) return std::nullopt;
  std::string out;
  wire::append_json(out, value);
  return out;
}

namespace {

// True when the flag is missing, or was read.
bool read_flag(const json::value& flags, std::string_view name, bool& into) {
  const json::value* found = part_of(flags, name);
  if (found == nullptr) return true;
  if (!found->is_bool()) return false;
  into = found->get_bool();
  return true;
}

bool read_timeout(const json::value& flags, std::optional<std::chrono::milliseconds>& into) {
  const json::value* found = part_of(flags, "timeout");
  if (found == nullptr) return true;
  boost::system::error_code ec;
  const auto whole = found->to_number<std::int64_t>(ec);  // fails for a fraction, and above 64 bits
  if (ec || whole < 0) return false;
  into = std::chrono::milliseconds(whole);
  return true;
}

bool read_flags(const json::value* flags, emit_flags& into) {
  if (flags == nullptr) return true;
  return flags->is_object() && read_flag(*flags, "volatile", into.is_volatile) &&
         read_flag(*flags, "compress", into.compress) && read_timeout(*flags, into.timeout);
}

}  // namespace

json::array strings(const std::vector<std::string>& from) {
  json::array out;
  for (const std::string& text : from) out.emplace_back(text);
  return out;
}

std::string serialized(const json::value& value) {
  std::string out;
  wire::append_json(out, value);
  return out;
}

void check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (!wire::is_utf8(name))
      throw error(errc::bad_argument, "the name of a room is no UTF-8: other servers cannot read it");
}

json::array names_for_others(const std::vector<std::string>& from) {
  check_names(from);
  return strings(from);
}

std::optional<std::vector<std::string>> read_names(const json::value* list) {
  const auto* array = list != nullptr ? list->if_array() : nullptr;
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> out;
  out.reserve(array->size());
  for (const json::value& item : *array) {
    auto name = name_part(item);
    if (!name) return std::nullopt;
    out.push_back(std::move(*name));
  }
  return out;
}

json::array write_sockets(const std::vector<socket_descriptor>& from) {
  json::array out;
  for (const socket_descriptor& one : from) {
    json::object socket;
    socket["id"] = one.id;
    socket["handshake"] = one.handshake;
    socket["rooms"] = strings(one.rooms);
    // Servers of Node have an object there from the beginning, and read its members.
    socket["data"] = one.data.is_null() ? json::value(json::object()) : one.data;
    out.emplace_back(std::move(socket));
  }
  return out;
}

std::optional<std::vector<socket_descriptor>> read_sockets(const json::value& list) {
  const auto* array = list.if_array();
  if (array == nullptr) return std::nullopt;
  std::vector<socket_descriptor> out;
  for (const json::value& socket : *array) {
    const auto* fields = socket.if_object();
    if (fields == nullptr) return std::nullopt;
    auto id = text_of(*fields, "id");
    auto rooms = read_names(fields->if_contains("rooms"));
    if (!id || id->empty() || !rooms) return std::nullopt;
    const json::value* handshake = fields->if_contains("handshake");
    const json::value* data = fields->if_contains("data");
    out.emplace_back(std::move(*id), handshake != nullptr ? *handshake : json::value(json::object()), std::move(*rooms),
                     data != nullptr ? *data : json::value(json::object()));
  }
  return out;
}

std::optional<std::string> text_of(const json::object& in, std::string_view name) {
  return text_part(in.if_contains(name));
}

std::optional<std::int64_t> number_of(const json::object& in, std::string_view name) {
  const json::value* found = in.if_contains(name);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return found->get_int64();
}

std::optional<bool> flag_of(const json::object& in, std::string_view name) {
  const json::value* found = in.if_contains(name);
  if (found == nullptr) return false;
  if (!found->is_bool()) return std::nullopt;
  return found->get_bool();
}

json::object write_opts(const target& to) {
  json::object flags;
  if (to.flags.is_volatile) flags["volatile"] = true;
  if (!to.flags.compress) flags["compress"] = false;
  if (to.flags.timeout) flags["timeout"] = to.flags.timeout->count();
  json::object opts;
  opts["rooms"] = names_for_others(to.rooms);
  opts["except"] = names_for_others(to.except);
  opts["flags"] = std::move(flags);
  return opts;
}

std::optional<target> read_opts(const json::value* opts) {
  if (opts == nullptr || !opts->is_object()) return std::nullopt;
  target to;
  auto rooms = read_names(part_of(*opts, "rooms"));
  if (!rooms || !read_flags(part_of(*opts, "flags"), to.flags)) return std::nullopt;
  if (const json::value* list = part_of(*opts, "except")) {
    auto except = read_names(list);
    if (!except) return std::nullopt;
    to.except = std::move(*except);
  }
  to.rooms = std::move(*rooms);
  to.everybody = to.rooms.empty();
  return to;
}

}  // namespace cosio::inline v0_2::cluster
