// What may stand in a header.

#include "http/field_rules.hpp"

#include <cosio/error.hpp>

#include <algorithm>

namespace cosio::http {
namespace {

bool is_token_char(char c) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         others.find(c) != std::string_view::npos;
}

bool breaks_the_head(char c) noexcept { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

void check_field(std::string_view name, std::string_view value) {
  if (!is_token(name))
    throw error(errc::bad_argument,
                "a header name may hold letters, digits and !#$%&'*+-.^_`|~ only, and must not be empty");
  if (std::any_of(value.begin(), value.end(), breaks_the_head))
    throw error(errc::bad_argument,
                "the value of a header holds a control character; remove line breaks before setting it");
}

}  // namespace cosio::http
