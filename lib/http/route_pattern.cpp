// Parsing and matching of route patterns.

#include "http/route_pattern.hpp"

#include <cosio/error.hpp>

#include <algorithm>

namespace cosio::inline v0_2::http {
namespace {

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
  throw error(errc::bad_argument, "route \"" + std::string(pattern) + "\": " + std::string(why));
}

bool is_name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view take_name(std::string_view& rest) noexcept {
  const auto end = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_name_char) - rest.begin());
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end);
  return name;
}

}  // namespace

route_pattern::route_pattern(std::string_view pattern) {
  std::string_view rest = pattern;
  if (rest.ends_with('*')) {
    any_end_ = true;
    rest.remove_suffix(1);
  }
  if (!rest.starts_with('/') && !(rest.empty() && any_end_)) refuse(pattern, "a path starts with \"/\"");
  if (rest.find('*') != std::string_view::npos) refuse(pattern, "\"*\" may stand at the end only");
  parts_.push_back({"", std::string(rest.substr(0, rest.find(':')))});
  rest.remove_prefix(parts_.back().literal.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view name = take_name(rest);
    if (name.empty()) refuse(pattern, "\":\" is followed by a name of letters, digits and \"_\"");
    if (std::any_of(parts_.begin(), parts_.end(), [&](const part& p) { return p.name == name; }))
      refuse(pattern, "a name stands twice");
    const std::string_view literal = rest.substr(0, rest.find(':'));
    if (literal.empty() && !rest.empty()) refuse(pattern, "two names need text between them");
    parts_.push_back({std::string(name), std::string(literal)});
    rest.remove_prefix(literal.size());
  }
}

std::optional<query_list> route_pattern::match(std::string_view path) const {
  query_list params;
  for (const part& p : parts_) {
    const bool last = &p == &parts_.back();
    if (!p.name.empty()) {
      // A name matches the whole segment, or the part in front of the text that follows.
      const std::string_view segment = path.substr(0, path.find('/'));
      const char next = p.literal.empty() ? '/' : p.literal.front();
      const std::string_view value = next == '/' ? segment : segment.substr(0, segment.find(next));
      if (value.empty() || (next != '/' && value.size() == segment.size())) return std::nullopt;
      params.emplace_back(p.name, decode_path(value));
      path.remove_prefix(value.size());
    }
    if (!path.starts_with(p.literal)) return std::nullopt;
    path.remove_prefix(p.literal.size());
    if (last && !path.empty() && !any_end_) return std::nullopt;
  }
  return params;
}

}  // namespace cosio::inline v0_2::http
