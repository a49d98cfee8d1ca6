// Reads bodies and queries, member by member.

#include "api/call.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/log_text.hpp"
#include "wire/base64.hpp"
#include "wire/json_parser.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::api {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 100;
constexpr std::size_t max_names = 1'000;       // rooms in one list
constexpr std::size_t max_name_bytes = 1'024;  // of a room, a namespace, an event
constexpr std::size_t max_attachments = 100;
constexpr std::size_t max_page = 10'000;  // rooms in one answer

constexpr std::array all_endpoints{endpoint{"POST", "/emit", action::emit},
                                   endpoint{"POST", "/join", action::join},
                                   endpoint{"POST", "/leave", action::leave},
                                   endpoint{"POST", "/disconnect", action::disconnect},
                                   endpoint{"GET", "/rooms", action::rooms},
                                   endpoint{"GET", "/counts", action::counts},
                                   endpoint{"GET", "/openapi.json", action::description}};

outcome<void> wrong(std::string_view name, std::string_view instead) {
  return bad_request("\"" + std::string(name) + "\" must be " + std::string(instead));
}

bool is_short(std::string_view text) noexcept { return text.size() <= max_name_bytes; }

// ---------------------------------------------------------------- members of a body

struct reading {
  call& into;
  std::chrono::milliseconds longest;
  json::array args;
  std::vector<binary> attachments;
  bool denies_everybody = false;
};

outcome<void> read_flag(std::string_view name, const json::value& from, bool& into) {
  const auto* flag = from.if_bool();
  if (flag == nullptr) return wrong(name, "true or false");
  into = *flag;
  return {};
}

bool add_name(const json::value& from, std::vector<std::string>& into) {
  const auto* text = from.if_string();
  if (text == nullptr || !is_short(*text)) return false;
  into.emplace_back(text->data(), text->size());
  return true;
}

// One name, or a list of names.
outcome<void> read_names(std::string_view name, const json::value& from, std::vector<std::string>& into) {
  constexpr std::string_view instead = "a name, or a list of 1000 names at most, each with 1024 bytes at most";
  into.clear();
  const auto* list = from.if_array();
  if (list == nullptr) {
    if (!add_name(from, into)) return wrong(name, instead);
    return {};
  }
  if (list->size() > max_names) return wrong(name, instead);
  for (const json::value& item : *list)
    if (!add_name(item, into)) return wrong(name, instead);
  return {};
}

outcome<void> read_nsp(reading& to, json::value& from) {
  const auto* text = from.if_string();
  if (text == nullptr || text->empty() || !is_short(*text)) return wrong("nsp", "the name of a namespace");
  to.into.nsp.assign(text->data(), text->size());
  return {};
}
outcome<void> read_rooms(reading& to, json::value& from) {
  to.into.to.everybody = false;
  to.into.says_rooms = true;
  return read_names("rooms", from, to.into.to.rooms);
}
outcome<void> read_except(reading& to, json::value& from) { return read_names("except", from, to.into.to.except); }
outcome<void> read_everybody(reading& to, json::value& from) {
  const auto read = read_flag("everybody", from, to.into.says_everybody);
  to.denies_everybody = !to.into.says_everybody;
  return read;
}
outcome<void> read_local(reading& to, json::value& from) { return read_flag("local", from, to.into.to.flags.local); }
outcome<void> read_volatile(reading& to, json::value& from) {
  return read_flag("volatile", from, to.into.to.flags.is_volatile);
}
outcome<void> read_compress(reading& to, json::value& from) {
  return read_flag("compress", from, to.into.to.flags.compress);
}
outcome<void> read_close(reading& to, json::value& from) { return read_flag("close", from, to.into.close); }

outcome<void> read_timeout(reading& to, json::value& from) {
  const auto* number = from.if_int64();
  if (number == nullptr || *number < 1 || *number > to.longest.count())
    return wrong("timeout", "a number of milliseconds from 1 to " + std::to_string(to.longest.count()));
  to.into.to.flags.timeout = std::chrono::milliseconds(*number);
  return {};
}
outcome<void> read_event(reading& to, json::value& from) {
  const auto* text = from.if_string();
  if (text == nullptr || !is_short(*text)) return wrong("event", "a text of 1024 bytes at most");
  to.into.event.assign(text->data(), text->size());
  to.into.has_event = true;
  return {};
}
outcome<void> read_args(reading& to, json::value& from) {
  auto* const list = from.if_array();
  if (list == nullptr) return wrong("args", "a list of the arguments");
  to.args = std::move(*list);
  return {};
}

bool is_base64(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
  };
  if (text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), fits);
}

outcome<void> read_attachments(reading& to, json::value& from) {
  constexpr std::string_view instead = "a list of 100 texts at most, each binary in base64";
  to.attachments.clear();
  const auto* list = from.if_array();
  if (list == nullptr || list->size() > max_attachments) return wrong("attachments", instead);
  for (const json::value& item : *list) {
    const auto* text = item.if_string();
    if (text == nullptr || !is_base64(*text)) return wrong("attachments", instead);
    std::string bytes;
    wire::decode_base64(*text, bytes);
    to.attachments.emplace_back(std::move(bytes));
  }
  return {};
}
outcome<void> read_moves(reading& to, json::value& from) {
  to.into.has_names = true;
  return read_names(to.into.does == action::join ? "join" : "leave", from, to.into.names);
}

struct member {
  std::string_view name;
  std::string_view of;  // the first letters of the actions that have it: e(mit), j(oin), l(eave), d(isconnect)
  outcome<void> (*read)(reading&, json::value&);
};
constexpr std::array members{member{"nsp", "ejld", read_nsp},
                             member{"rooms", "ejld", read_rooms},
                             member{"except", "ejld", read_except},
                             member{"local", "ejld", read_local},
                             member{"everybody", "ejld", read_everybody},
                             member{"event", "e", read_event},
                             member{"args", "e", read_args},
                             member{"attachments", "e", read_attachments},
                             member{"volatile", "e", read_volatile},
                             member{"compress", "e", read_compress},
                             member{"timeout", "e", read_timeout},
                             member{"join", "j", read_moves},
                             member{"leave", "l", read_moves},
                             member{"close", "d", read_close}};

char letter_of(action does) noexcept {
  switch (does) {
    case action::emit:
      return 'e';
    case action::join:
      return 'j';
    case action::leave:
      return 'l';
    default:
      return 'd';
  }
}

outcome<void> read_member(reading& to, std::string_view name, json::value& from) {
  const char letter = letter_of(to.into.does);
  for (const member& known : members)
    if (known.name == name && known.of.find(letter) != std::string_view::npos) return known.read(to, from);
  return bad_request("there is no member " + base::quoted(name) + " in this request");
}

outcome<void> complete_emit(reading& from) {
  if (!from.into.has_event) return bad_request("\"event\" is missing");
  if (from.denies_everybody && !from.into.says_rooms)
    return bad_request("\"rooms\" is missing, and \"everybody\" is false");
  const auto fits = wire::check_placeholders(from.args, from.attachments.size());
  if (fits.has_error()) return bad_request("each placeholder in \"args\" names one of \"attachments\", once");
  from.into.args = arguments(std::move(from.args), std::move(from.attachments));
  return {};
}

outcome<void> complete(reading& from) {
  if (from.into.says_rooms && from.into.says_everybody)
    return bad_request("\"rooms\" and \"everybody\" exclude each other");
  if (from.into.does == action::emit) return complete_emit(from);
  if (!from.into.says_rooms && !from.into.says_everybody)
    return bad_request("\"rooms\" is missing; for all sockets write \"everybody\": true");
  if (from.into.does != action::disconnect && !from.into.has_names)
    return bad_request(from.into.does == action::join ? "\"join\" is missing" : "\"leave\" is missing");
  return {};
}

outcome<void> read_body(call& into, std::string_view body, std::chrono::milliseconds longest) {
  auto whole = wire::parse_json(body, {}, wire::json_limits{max_depth});
  if (whole.has_error()) {
    const bool deep = whole.error().code == errc::json_too_deep;
    return bad_request(deep ? "the body nests deeper than 100 levels"
                            : "the body is no JSON, from byte " + std::to_string(whole.error().offset) + " on");
  }
  auto* const object = whole->if_object();
  if (object == nullptr) return bad_request("the body must be an object");
  reading to{into, longest, {}, {}, false};
  for (auto& [name, value] : *object) {
    const auto read = read_member(to, name, value);
    if (read.has_error()) return read.error();
  }
  return complete(to);
}

// ---------------------------------------------------------------- parameters of a query

outcome<void> read_parameter(call& into, const std::string& name, const std::string& value) {
  if (name == "nsp") {
    if (value.empty() || !is_short(value)) return wrong(name, "the name of a namespace");
    into.nsp = value;
  } else if (name == "local") {
    if (value != "true" && value != "false") return wrong(name, "true or false");
    into.to.flags.local = value == "true";
  } else if (name == "after" && into.does == action::rooms) {
    into.after = value;
  } else if (name == "limit" && into.does == action::rooms) {
    const auto [end, wrong_digit] = std::from_chars(value.data(), value.data() + value.size(), into.limit);
    const bool fits = wrong_digit == std::errc() && end == value.data() + value.size();
    if (!fits || into.limit < 1 || into.limit > max_page) return wrong(name, "a number from 1 to 10000");
  } else {
    return bad_request("there is no parameter " + base::quoted(name) + " in this request");
  }
  return {};
}

outcome<void> read_query(call& into, const http::request& head) {
  for (const auto& [name, value] : head.queries()) {
    const auto read = read_parameter(into, name, value);
    if (read.has_error()) return read.error();
  }
  return {};
}

}  // namespace

std::span<const endpoint> endpoints() noexcept { return all_endpoints; }

outcome<endpoint> find_endpoint(std::string_view method, std::string_view path) {
  const auto found =
      std::find_if(all_endpoints.begin(), all_endpoints.end(), [&](const endpoint& one) { return one.path == path; });
  if (found == all_endpoints.end()) return refusal(404, "not_found", "there is no such endpoint");
  if (found->method == method || (method == "HEAD" && found->method == "GET")) return *found;
  refusal why(405, "method_not_allowed", "this endpoint takes " + std::string(found->method));
  why.allow = found->method;
  return why;
}

outcome<call> read_call(action does, const http::request& head, std::string_view body,
                        std::chrono::milliseconds longest) {
  call out;
  out.does = does;
  const bool has_body =
      does == action::emit || does == action::join || does == action::leave || does == action::disconnect;
  if (has_body && !head.queries().empty()) return bad_request("this request has its members in the body, and no query");
  const auto read = has_body ? read_body(out, body, longest) : read_query(out, head);
  if (read.has_error()) return read.error();
  if (!out.nsp.starts_with('/')) out.nsp.insert(0, "/");
  return out;
}

}  // namespace cosio::inline v0_2::api
