// Reads the messages of python-socketio.

#include "cluster/python_messages.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "wire/base64.hpp"
#include "wire/json_parser.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;
using method = python_message::method;

constexpr std::size_t max_python_bytes = 64'000'000;

constexpr std::array<std::pair<std::string_view, method>, 5> methods{{{"emit", method::emit},
                                                                      {"disconnect", method::disconnect},
                                                                      {"enter_room", method::enter_room},
                                                                      {"leave_room", method::leave_room},
                                                                      {"close_room", method::close_room}}};

// A member that is absent or None. Python writes None as null.
const json::value* something(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

// The name of a room or socket. A room may be a number in Python: then it is the decimal text, as in Node.
std::optional<std::string> name_in(const json::value& from) {
  if (const auto* text = from.if_string()) return std::string(text->data(), text->size());
  if (const auto* number = from.if_int64()) return std::to_string(*number);
  return std::nullopt;
}

bool read_name(const json::object& in, std::string_view member, std::string& into) {
  const auto* found = something(in, member);
  if (found == nullptr) return false;
  auto name = name_in(*found);
  if (!name || name->empty()) return false;
  into = std::move(*name);
  return true;
}

// One name, or a list of names.
bool take_names(const json::value& from, std::vector<std::string>& into) {
  const auto* list = from.if_array();
  if (list == nullptr) {
    auto one = name_in(from);
    if (one) into.push_back(std::move(*one));
    return one.has_value();
  }
  for (const json::value& item : *list) {
    auto one = name_in(item);
    if (!one) return false;
    into.push_back(std::move(*one));
  }
  return true;
}

bool read_receivers(const json::object& in, target& into) {
  if (const auto* rooms = something(in, "room")) {
    into.everybody = false;
    if (!take_names(*rooms, into.rooms)) return false;
  }
  const auto* skipped = something(in, "skip_sid");
  return skipped == nullptr || take_names(*skipped, into.except);
}

// The list of arguments. Binary: the list, with placeholders, and then each binary in base64.
bool read_arguments(const json::object& in, json::array& args, std::vector<binary>& attachments) {
  const auto* data = something(in, "data");
  const auto* binary_flag = something(in, "binary");
  if (binary_flag != nullptr && !binary_flag->is_bool()) return false;
  if (binary_flag != nullptr && binary_flag->get_bool()) {
    const auto* parts = data != nullptr ? data->if_array() : nullptr;
    if (parts == nullptr || parts->empty() || !parts->front().is_array()) return false;
    for (std::size_t i = 1; i < parts->size(); ++i) {
      const auto* text = (*parts)[i].if_string();
      if (text == nullptr) return false;
      std::string bytes;
      wire::decode_base64(*text, bytes);
      attachments.emplace_back(std::move(bytes));
    }
    args = parts->front().get_array();
  } else if (data != nullptr && data->is_array()) {
    args = data->get_array();
  } else if (data != nullptr) {
    args.push_back(*data);
  }
  // None alone is no argument: so does emit() of Python.
  if (args.size() == 1 && args.front().is_null()) args.clear();
  return !wire::check_placeholders(args, attachments.size()).has_error();
}

bool read_emit(const json::object& in, python_message& into) {
  const auto* event = something(in, "event");
  const auto* name = event != nullptr ? event->if_string() : nullptr;
  if (name == nullptr || wire::is_reserved_event(*name)) return false;
  into.event.assign(name->data(), name->size());
  json::array args;
  std::vector<binary> attachments;
  if (!read_receivers(in, into.to) || !read_arguments(in, args, attachments)) return false;
  into.data = detail::encode_event(into.event, arguments(std::move(args), std::move(attachments)));
  return true;
}

bool read_rest(const json::object& in, python_message& into) {
  switch (into.what) {
    case method::emit:
      return read_emit(in, into);
    case method::disconnect:
      return read_name(in, "sid", into.sid);
    case method::enter_room:
    case method::leave_room:
      return read_name(in, "sid", into.sid) && read_name(in, "room", into.room);
    case method::close_room:
      return read_name(in, "room", into.room);
  }
  return false;
}

}  // namespace

bool is_pickled(std::string_view message) noexcept { return message.starts_with('\x80'); }

std::optional<python_message> read_python_message(std::string_view message) {
  if (message.size() > max_python_bytes) return std::nullopt;
  const auto whole = wire::parse_json(message);
  if (whole.has_error() || !whole->is_object()) return std::nullopt;
  const json::object& in = whole->get_object();
  python_message out;
  const auto* name = something(in, "method");
  const auto* text = name != nullptr ? name->if_string() : nullptr;
  if (text == nullptr) return std::nullopt;
  const auto* const known = std::find_if(methods.begin(), methods.end(),
                                         [&](const auto& one) { return one.first == std::string_view(*text); });
  if (known == methods.end()) return std::nullopt;
  out.what = known->second;
  if (const auto* nsp = something(in, "namespace")) {
    if (!nsp->is_string()) return std::nullopt;
    out.nsp = std::string(nsp->get_string());
  }
  if (!out.nsp.starts_with('/')) out.nsp.insert(0, "/");
  if (!read_rest(in, out)) return std::nullopt;
  return out;
}

}  // namespace cosio::inline v0_2::cluster
