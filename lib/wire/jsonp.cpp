// JSONP bodies of both directions.

#include "wire/jsonp.hpp"

#include <utility>

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::wire {
namespace {

constexpr std::string_view separator_start = "\xE2\x80";  // U+2028 is E2 80 A8, U+2029 is E2 80 A9

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes one decoded character of a form from the front of `text`. A `%` without two digits stays as it is.
char take_character(std::string_view& text) noexcept {
  const char first = text[0];
  const int high = first == '%' && text.size() > 2 ? hex_digit(text[1]) : -1;
  const int low = high >= 0 ? hex_digit(text[2]) : -1;
  text.remove_prefix(low >= 0 ? 3 : 1);
  if (low >= 0) return static_cast<char>(high * 16 + low);
  return first == '+' ? ' ' : first;
}

bool is_name_d(std::string_view name) noexcept {
  if (name.empty()) return false;
  const char only = take_character(name);
  return only == 'd' && name.empty();
}

std::string decode_value(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  std::size_t backslashes = 0;  // in a row, at the end of `out`
  while (!value.empty()) {
    const char c = take_character(value);
    if (c == 'n' && backslashes > 0) {
      out.pop_back();
      out += backslashes == 1 ? '\n' : 'n';
    } else {
      out += c;
    }
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return out;
}

}  // namespace

std::string jsonp_index(std::string_view parameter) {
  std::string digits;
  for (const char c : parameter)
    if (c >= '0' && c <= '9') digits += c;
  return digits;
}

std::string write_jsonp(std::string_view index, std::string_view payload) {
  std::string literal;
  literal.reserve(payload.size() + 2);
  append_json_string(literal, payload);

  std::string out = "___eio[";
  out.reserve(literal.size() + index.size() + 12);
  out.append(index).append("](");
  std::string_view rest = literal;
  for (auto at = rest.find(separator_start); at != std::string_view::npos; at = rest.find(separator_start)) {
    const char last = at + 2 < rest.size() ? rest[at + 2] : '\0';
    const bool is_separator = last == '\xA8' || last == '\xA9';
    out += rest.substr(0, at + (is_separator ? 0 : 2));
    if (is_separator) out += last == '\xA8' ? "\\u2028" : "\\u2029";
    rest.remove_prefix(at + (is_separator ? 3 : 2));
  }
  return out.append(rest).append(");");
}

result<std::optional<std::string>> read_jsonp_form(std::string_view body, std::size_t max_bytes) {
  if (body.size() > max_bytes) return fault{errc::payload_too_large, max_bytes};
  std::optional<std::string_view> found;
  bool ambiguous = false;
  while (!body.empty()) {
    const std::string_view field = body.substr(0, body.find('&'));
    body.remove_prefix(field.size() < body.size() ? field.size() + 1 : field.size());
    const std::string_view name = field.substr(0, field.find('='));
    if (!is_name_d(name)) continue;
    ambiguous |= found.has_value();
    found = field.substr(name.size() < field.size() ? name.size() + 1 : name.size());
  }
  if (!found || ambiguous) return std::optional<std::string>();
  return std::optional<std::string>(decode_value(*found));
}

}  // namespace cosio::inline v0_2::wire
